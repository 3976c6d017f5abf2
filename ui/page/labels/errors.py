"""In Chinese, the errors that a person meets on the page by what they type or choose there.

An error is an English sentence wherever software or a terminal reads it. What isn't here, damage and what the
system refuses, stays English below a Chinese title: it is for whoever looks after the machine.
"""

import re

__all__ = ["in_chinese"]

LINE = r"^line (\d+): "
# The sentence, or how it begins -> what the page says; \1 is what the first parentheses hold.
SENTENCES = {
    LINE + r"it has no column “question”": r"第 \1 行：缺少“question”列；请使用 JSON lines、CSV 或 TSV",
    LINE + r"it is no JSON object": r"第 \1 行：不是 JSON 对象；请使用 JSON lines、CSV 或 TSV",
    LINE + r"it can't be read": r"第 \1 行：无法读取；请使用 UTF-8 编码的 JSON lines、CSV 或 TSV",
    LINE + r"it has no question": r"第 \1 行：没有问题；请在“question”列填写问题",
    LINE + r"its page is (.*); give": r"第 \1 行：页码是 \2；请填写从 1 开始的数字，或留空",
    LINE + r"it has a page and no path": r"第 \1 行：只有页码，没有路径；请填写是哪一篇文档",
    LINE + r"it expects nothing": r"第 \1 行：没有期望的结果；请填写路径或答案的文字",
    r"^the file is not in UTF-8": "文件不是 UTF-8 编码；请另存为 UTF-8（电子表格：CSV UTF-8）",
    LINE + r"its (\w+) is not one value": r"第 \1 行：\2 不是单个值；请为每个值写一行，问题相同",
    r"^the file holds no questions": "文件里没有问题；请使用 JSON lines、CSV 或 TSV",
    r"^(.*) is a file, not a folder; ": r"\1 是文件，不是目录；请指定一个文档目录",
    r"^(.*) does not exist; give a folder": r"\1 不存在；请指定一个文档目录",
    r"^(.*) holds no files; ": r"\1 里没有文件；请放入文档，或指定另一个目录",
    r"^(.*) can't be indexed: ": r"无法为 \1 建立索引；请指定一个您有权读取的目录",
    r"^another process is writing to the index (.*); ": r"另一个进程正在写入索引 \1；请等它结束或将其停止",
    r"^the filter has ([\d,]+) characters": r"筛选条件有 \1 个字符，太长了；请缩短",
}


def in_chinese(sentence: str) -> str:
    """The sentence in Chinese where there is one, else as it is."""
    for pattern, chinese in SENTENCES.items():
        if found := re.match(pattern, sentence, re.DOTALL):
            return f"{found.expand(chinese)}。"
    return sentence
