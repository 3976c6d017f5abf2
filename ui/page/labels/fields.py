"""What the page has to say: one field for each thing said."""

from dataclasses import dataclass

__all__ = ["Counted", "Labels"]

# One thing and several: Chinese needs no difference.
Counted = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Labels:
    """The words of one language; `{}` stands for what is filled in."""

    ask: str
    answer: str
    no_answer: str
    nearest: str
    mode: str
    modes: dict[str, str]  # by Mode
    modes_help: str
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
    corrected: str  # the word searched for, the one typed
    share: str
    nothing_title: str
    nothing_by_words: str
    nothing_at_all: str
    nothing_quoted: str  # what was in quotation marks
    search_by_meaning: str
    error_title: str
    about: str
    updated: str
    encoder: str
    dimensions: str
    exactness: str
    exact: str
    approximate: str  # {kind} {overlap} {low} {target} {questions} {day}
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
    index_there: str
    indexing: str
    indexing_start: str
    files_done: str
    under_a_minute: str
    minutes_left: str
    stop: str
    stopping: str
    stopped_title: str
    stopped: str
    not_indexed_title: str
    unexpected: str
    search: str
    library: str
    views: str
    open: str
    more_like: str
    less_like: str
    more_like_these: str
    less_like_these: str
    let_go: str
    gone: str
    back: str
    best_of: str
    group: str
    export_csv: str
    export_json: str
    recent: str
    clear: str
    more_in_document: Counted
    download: str
    file_changed: str
    file_gone: str
    not_in_index: str
    page_unreadable: str
    as_page: str
    as_text: str
    page_alt: str
    earlier: str
    later: str
    map: str
    map_title: str
    map_help: str
    map_sample: str
    map_drawing: str
    map_too_few: str
    evaluation: str
    evaluation_title: str
    evaluation_help: str
    questions_file: str
    example_help: str
    evaluating: str
    not_evaluated: str
    stopped_asking: str
    ask_again: str
    interval_help: str
    missing_title: str
    missing: str
    losses_title: str
    no_losses: str
    expected: str
    came_first: str
    at_rank: str
    not_found: str
    questions: Counted
    export: str
    document: str
    alike: str
    add_title: str
    add: str
    files_title: str
    file_filter: str
    no_such_file: str
    status: str
    file: str
    reason: str
    passages_title: str
    pages_title: str
    size: str
    folders_title: str
    index_again: str
    drop: str
    drop_button: str
    drop_where: str
    filters: str
    unknown: str
    choose_files: str
    clear_filters: str
    fields: dict[str, str]
    nothing_filtered: str
    hidden_by: str
    why: str
    why_sum: str
    why_question: str
    why_passage: str
    why_sentences: str
    why_rest: str
    why_above: str
    why_total: str
    word: str
    closed_title: str
    closed: str
    password: str
    wrong_password: str
    enter: str
    likely: tuple[str, str, str]
    another_title: str
    another: str
    another_button: str
    index_name: str
    index_example: str
    not_made: str
    no_name: str
    name_taken: str
