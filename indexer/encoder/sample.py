"""Texts on which an encoder's arithmetic is tried at loading: English and Chinese, and several kinds."""

__all__ = ["OTHERS", "SEEN"]

# From these a model's largest numbers are taken: prose, figures, code, a table, a list, a question, a title.
SEEN = (
    "The harbour was rebuilt in 1874 after a storm had carried the old pier away. Stone came by barge "
    "from quarries forty miles up the coast, and the work took three summers, because in winter no "
    "crane could stand in the wind. Today the pier is used by two fishing boats and by everybody who "
    "wants to see the sun set.",
    "Patients with type 2 diabetes (n = 1,204) were assigned at random to metformin, 500 mg twice a "
    "day, or to a placebo. After 24 weeks HbA1c had fallen by 0.9 percentage points (95% CI 0.7-1.1; p "
    "< 0.001). Adverse events, mostly gastrointestinal, were reported by 31% and 18%. IL-6 and "
    "TNF-alpha expression did not differ.",
    "def read(path: str) -> dict[str, int]:\n    counts = {}\n    with open(path, encoding='utf-8') as "
    "file:\n        for line in file:\n            key, _, value = line.partition('=')\n            "
    "counts[key.strip()] = int(value or 0)\n    return counts  # raises ValueError: 'x' is no number",
    "| Item | Price | In stock |\n|---|---|---|\n| Oak table, 180 cm | 1,250.00 EUR | 4 |\n| Chair | "
    "89.90 EUR | 37 |\n| Lamp (brass) | 45.50 EUR | 0 |\n\n1. Order before noon.\n2. Pay on delivery.\n"
    "- Returns: within 30 days",
    "How do I change the password of my account?",
    "Wind",
    "城市图书馆周一闭馆，其余时间上午九点至晚上八点开放。读者凭借书证可以借阅图书十册，借期为三"
    "十天，到期可续借一次。遗失图书的，应当按原价赔偿。",
    "该公司成立于1998年，总部设在杭州，2023年营业收入为45.6亿元，同比增长12.3%，员工人数超过三千人。",
)
# On these the arithmetic is compared: others, so that nothing is judged by what it was made from.
OTHERS = (
    "A glacier moves because ice under pressure behaves like a very thick fluid. Near the surface it "
    "cracks, and the crevasses that open there can be sixty metres deep; below that it bends. Measured "
    "with stakes, the middle of a valley glacier advances by a metre a day in summer, its edges by "
    "less than a third of that.",
    "ERROR 2024-03-18 11:42:07 worker[7]: connection to db-02.example.net:5432 refused (ECONNREFUSED), "
    "retrying in 30 s. See https://docs.example.net/ops/runbook#postgres or run `systemctl status "
    "postgresql` as root.",
    "The court held that the clause was void, since neither party could have performed it; the appeal "
    "was dismissed.",
    "Section 3.2: Warranty",
    "which plants grow in the shade",
    "水稻喜高温、多湿、短日照，对土壤要求不严。幼苗发芽最低温度为十至十二度，最适温度为二十八至"
    "三十二度。分蘖期日均气温在二十度以上，抽穗期适宜温度为二十五至三十五度。",
    "如何申请延长保修期？请在购买后三十天内登录官网（www.example.com），填写产品序列号并上传发票。",
    "他年轻时在北京学习音乐，后来成为著名的指挥家，一生录制了二百多张唱片。",
)
