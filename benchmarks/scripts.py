"""Questions across languages: how well an English one finds Chinese passages, and the reverse.

    python benchmarks/scripts.py ../shared/collections --model FOLDER

An index of all of cmrc2018-trial (Chinese) and the abstracts of SciFact that 120 of its questions are about;
25 questions of each, as we put them in the other language, and the same ones as they are. Prints MRR@10 of
documents and the share with a right one first, by the vectors, by the fused ranking without `search.scripts`
and with it, and the median CPU ms of a question. FOLDER is a model of both languages, multilingual-e5-small.
"""

import argparse
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from unittest.mock import patch

import search.ranking
from indexer import index_documents
from indexer.encoder import load_encoder
from search import Searcher
from search.asked import Asked
from search.evaluation import Collection, load_collection
from search.hits import Mode
from ui.cli.evaluation import as_documents

OF_CHINESE = {
    "TRIAL_575_QUERY_4": "What should one pay attention to when drawing a right prism?",
    "TRIAL_426_QUERY_2": "When was the POWER6 processor introduced?",
    "TRIAL_789_QUERY_0": "Which port handles more cargo than Dammam?",
    "TRIAL_818_QUERY_3": "What did the philosopher Wilhelm Dilthey write?",
    "TRIAL_950_QUERY_0": "How many medieval towers does the old prison preserve?",
    "TRIAL_549_QUERY_0": "What kind of hospital is West China Hospital of Sichuan University?",
    "TRIAL_200_QUERY_3": "What do the leaves of yarrow look like?",
    "TRIAL_110_QUERY_3": "Why did the Japanese National Railways design the 211 series trains?",
    "TRIAL_982_QUERY_1": "Where is the Christian theological seminary?",
    "TRIAL_98_QUERY_0": "Which sciences are part of computational neuroscience?",
    "TRIAL_277_QUERY_2": "When did the rebels Liu Liu and Liu Qi capture the county town?",
    "TRIAL_880_QUERY_1": "What is another name for a herbal tea shop?",
    "TRIAL_157_QUERY_1": "Where do the letters MZ at the start of an EXE file come from?",
    "TRIAL_482_QUERY_0": "Which race did Monteiro miss in 2005?",
    "TRIAL_427_QUERY_1": "Who drew the manga The Millennium Queen?",
    "TRIAL_574_QUERY_0": "What is a crossword puzzle?",
    "TRIAL_708_QUERY_1": "What is the effective range of the search radar?",
    "TRIAL_782_QUERY_1": "Under what conditions is the pilot told to abort the takeoff?",
    "TRIAL_230_QUERY_4": "What is the medicinal use of the green kyllinga sedge?",
    "TRIAL_123_QUERY_3": "Which record does the figure skater Lambiel still hold?",
    "TRIAL_125_QUERY_0": "What is the Yushan cane bamboo also called?",
    "TRIAL_131_QUERY_1": "How many people lived in Alcantara in 2006?",
    "TRIAL_509_QUERY_3": "How did Natasha respond to false media reports in 2006?",
    "TRIAL_641_QUERY_0": "Where is the Furong cave?",
    "TRIAL_554_QUERY_0": "Which single of the Japanese group EXILE is Real World?",
}
OF_ENGLISH = {
    "13": "围产期死亡有多少是由低出生体重造成的？",
    "48": "英国有多少人是变异型克雅病的无症状携带者？",
    "51": "ALDH1的表达与乳腺癌的预后有什么关系？",
    "115": "炭疽孢子扩散后容易清除吗？",
    "130": "开放获取的论文被引用得更多吗？",
    "137": "对老年人进行无症状视力障碍筛查能改善视力吗？",
    "143": "自体间充质干细胞移植与白介素2受体抗体诱导治疗相比，机会性感染更少吗？",
    "163": "减肥手术对心理健康有好处吗？",
    "213": "C反应蛋白能预测冠状动脉搭桥手术后的死亡率吗？",
    "218": "Th2细胞上的CX3CR1是否促进气道炎症？",
    "232": "南苏丹失明的主要原因是什么？",
    "237": "缺少clpC的枯草芽孢杆菌细胞在形成孢子方面有缺陷吗？",
    "248": "鹅去氧胆酸治疗会增加全身能量消耗吗？",
    "268": "寒冷暴露会增加棕色脂肪吗？",
    "275": "联合使用PI3K和MEK抑制剂能治疗KRAS突变的肿瘤吗？",
    "295": "树突状细胞与先天淋巴细胞之间的相互作用对肠道稳态重要吗？",
    "303": "DMRT1基因怎样决定性别？",
    "343": "患急性冠脉综合征的糖尿病人出血风险更高吗？",
    "362": "早期抗体反应中活化的B细胞向哪里迁移？",
    "399": "接触细颗粒物空气污染与焦虑有关吗？",
    "415": "携带APOE4等位基因的女性患痴呆的风险更高吗？",
    "475": "糖酵解是细胞糖代谢的主要途径之一吗？",
    "501": "头痛与认知障碍有关吗？",
    "516": "C反应蛋白高的慢性阻塞性肺病患者急性加重的风险更大吗？",
    "532": "高纤维蛋白原血症会影响股腘动脉旁路的血栓形成吗？",
}
ABOUT = 120  # questions whose abstracts are in the index


def main() -> None:
    """Index both languages in one, and ask each in either."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("collections", type=Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--index", type=Path, help="a folder to keep the index in, or take it from")
    given = parser.parse_args()
    chinese, english = (load_collection(given.collections / at) for at in ("cmrc2018-trial", "scifact"))
    about = {key for query in list(english.queries)[:ABOUT] for key in english.qrels[query]}
    english = replace(english, entries=tuple(at for at in english.entries if at.id in about))
    encoder = load_encoder(given.model)
    with TemporaryDirectory() as temporary:
        index = given.index or Path(temporary) / "index"
        if not index.exists():
            index_documents([*as_documents(chinese), *as_documents(english)], index=index, encoder=encoder)
        searcher = Searcher(index, encoder=encoder)
        for name, collection, asked in (
            ("English questions, Chinese passages", chinese, OF_CHINESE.items()),
            ("Chinese questions, English passages", english, OF_ENGLISH.items()),
            ("the first ones in Chinese", chinese, ((key, chinese.queries[key]) for key in OF_CHINESE)),
            ("the second ones in English", english, ((key, english.queries[key]) for key in OF_ENGLISH)),
            ("120 Chinese, Chinese passages", chinese, list(chinese.queries.items())[:ABOUT]),
            ("120 English, English passages", english, list(english.queries.items())[:ABOUT]),
        ):
            questions = list(asked)
            print(f"{name:36}", _told(searcher, collection, questions, "dense"), end="")
            with patch.object(search.ranking, "readable", lambda *_: ()):
                print(" | without", _told(searcher, collection, questions, "hybrid"), end="")
            print(" | with", _told(searcher, collection, questions, "hybrid"), flush=True)
        searcher.close()


def _told(
    searcher: Searcher, collection: Collection, questions: Iterable[tuple[str, str]], mode: Mode
) -> str:
    ranks, spent = [], []
    for key, question in questions:
        began = time.process_time()
        hits = searcher.query(Asked.plain(question), 100, mode=mode, collapse=False)
        spent.append(time.process_time() - began)
        right = [collection.qrels[key].get(path, 0) > 0 for path in collection.ranking(key, hits)[:10]]
        ranks.append(1 / (1 + right.index(True)) if any(right) else 0.0)
    first = fmean(rank == 1 for rank in ranks)
    return f"{mode} MRR@10 {fmean(ranks):.3f}, first {first:.2f}, {1e3 * median(spent):.1f} ms"


if __name__ == "__main__":
    main()
