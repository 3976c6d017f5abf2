"""Every word that the page says by itself, in English and in Chinese."""

from dataclasses import dataclass

__all__ = ["LABELS", "LANGUAGES", "Labels", "counted", "language_of"]

# One thing and several: Chinese needs no difference.
Counted = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Labels:
    """The words of one language; `{}` stands for what is filled in."""

    ask: str
    mode: str
    modes: dict[str, str]  # by Mode
    modes_help: str
    results: str
    page: str
    passages: Counted
    documents: Counted
    files: Counted
    found: str
    milliseconds: str
    seconds: str
    loading: str
    both_match: str
    meaning_matches: str
    words_match: str
    loosely: str
    share: str
    nothing_title: str
    nothing_by_words: str
    nothing_at_all: str
    search_by_meaning: str
    error_title: str
    about: str
    updated: str
    encoder: str
    dimensions: str
    folder: str
    all_indexed: str
    problems: str
    more: str
    partly: str
    statuses: dict[str, str]
    no_index_title: str
    no_index: str
    empty_title: str
    empty: str
    folder_label: str
    folder_example: str
    index_button: str
    index_or: str
    indexing: str
    indexing_start: str
    files_done: str
    under_a_minute: str
    minutes_left: str
    stop: str
    stopped_title: str
    stopped: str
    not_indexed_title: str
    unexpected: str


ENGLISH = Labels(
    ask="Ask in your own words",
    mode="Search by",
    modes={"hybrid": "Meaning + words", "dense": "Meaning", "lexical": "Words"},
    modes_help="Meaning finds what says the same in other words; words finds names, numbers and terms.",
    results="Results",
    page="page {}",
    passages=("{} passage", "{} passages"),
    documents=("{} document", "{} documents"),
    files=("{} file", "{} files"),
    found="{} from {}",
    milliseconds="{} ms",
    seconds="{} s",
    loading="Loading the language model …",
    both_match="meaning and words match",
    meaning_matches="meaning matches",
    words_match="words match",
    loosely="loosely related",
    share="{}% of the best hit's score",
    nothing_title="Nothing found",
    nothing_by_words="No passage holds any of these words.",
    nothing_at_all="No passage comes near this question.",
    search_by_meaning="Search by meaning",
    error_title="This can't be searched",
    about="About this index",
    updated="Updated",
    encoder="Encoder",
    dimensions="{} dimensions",
    folder="Index folder",
    all_indexed="Every file was indexed.",
    problems="{} not or only partly indexed",
    more="and {} more: bertrieve ledger lists them all",
    partly="partly indexed",
    statuses={
        "indexed": "indexed",
        "duplicate": "duplicates",
        "excluded": "passed over",
        "empty": "empty",
        "no text layer": "no text layer",
        "encrypted": "encrypted",
        "unsupported": "unsupported",
        "too large": "too large",
        "timed out": "timed out",
        "failed": "failed",
    },
    no_index_title="Nothing to search yet",
    no_index="Give a folder of documents: PDF, Word, Markdown, HTML and text. They stay where they are, and"
    " nothing leaves this computer.",
    empty_title="The index is empty",
    empty="It holds no passages. Index a folder that has documents with text.",
    folder_label="Folder of documents",
    folder_example="e.g. ~/Documents",
    index_button="Index this folder",
    index_or="Or in a terminal:",
    indexing="Indexing {}",
    indexing_start="Looking through the folder and loading the language model …",
    files_done="{} of {} files",
    under_a_minute="less than a minute left",
    minutes_left="about {} min left",
    stop="Stop",
    stopped_title="Indexing was stopped",
    not_indexed_title="This folder was not indexed",
    stopped="What was committed until then can be searched; index the folder again to go on.",
    unexpected="Something unexpected went wrong ({}); the terminal has the details.",
)

CHINESE = Labels(
    ask="用自己的话提问",
    mode="搜索方式",
    modes={"hybrid": "语义 + 字词", "dense": "语义", "lexical": "字词"},
    modes_help="“语义”能找到换了说法的内容，“字词”擅长人名、数字和术语。",
    results="结果数",
    page="第 {} 页",
    passages=("{} 个段落", "{} 个段落"),
    documents=("{} 篇文档", "{} 篇文档"),
    files=("{} 个文件", "{} 个文件"),
    found="{}，来自 {}",
    milliseconds="{} 毫秒",
    seconds="{} 秒",
    loading="正在加载语言模型……",
    both_match="语义和字词都吻合",
    meaning_matches="语义吻合",
    words_match="字词吻合",
    loosely="略有关联",
    share="得分为最佳结果的 {}%",
    nothing_title="没有找到",
    nothing_by_words="没有段落含有这些字词。",
    nothing_at_all="没有段落与这个问题接近。",
    search_by_meaning="改按语义搜索",
    error_title="无法搜索",
    about="关于这个索引",
    updated="更新时间",
    encoder="编码器",
    dimensions="{} 维",
    folder="索引目录",
    all_indexed="所有文件都已编入索引。",
    problems="{}未编入索引，或只编入了一部分",
    more="另有 {}；用 bertrieve ledger 可查看全部",
    partly="部分编入",
    statuses={
        "indexed": "已编入",
        "duplicate": "重复",
        "excluded": "已跳过",
        "empty": "空文件",
        "no text layer": "无文字层",
        "encrypted": "已加密",
        "unsupported": "格式不支持",
        "too large": "过大",
        "timed out": "超时",
        "failed": "失败",
    },
    no_index_title="还没有可搜索的内容",
    no_index="请指定一个文档目录：PDF、Word、Markdown、HTML 和纯文本都可以。"
    "文档留在原处，任何内容都不会离开这台电脑。",
    empty_title="索引是空的",
    empty="里面没有段落。请为含有文字的文档目录建立索引。",
    folder_label="文档目录",
    folder_example="例如 ~/Documents",
    index_button="建立索引",
    index_or="也可以在终端里运行：",
    indexing="正在为 {} 建立索引",
    indexing_start="正在查看目录并加载语言模型……",
    files_done="{} / {} 个文件",
    under_a_minute="还需不到一分钟",
    minutes_left="大约还需 {} 分钟",
    stop="停止",
    stopped_title="已停止建立索引",
    not_indexed_title="没有为这个目录建立索引",
    stopped="此前提交的内容可以搜索；再次为该目录建立索引即可继续。",
    unexpected="发生了意外错误（{}），详情见终端。",
)

LANGUAGES = {"en": "EN", "zh": "中文"}
LABELS = {"en": ENGLISH, "zh": CHINESE}


def language_of(locale: str | None) -> str:
    """The key in `LABELS` for a browser's language, such as "zh-TW" or "en-GB"."""
    return "zh" if (locale or "").lower().startswith("zh") else "en"


def counted(number: int, forms: Counted) -> str:
    """A number with its noun: ``"1 file"``, ``"1,024 files"``."""
    return forms[number != 1].format(f"{number:,}")
