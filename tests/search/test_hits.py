import pytest

from search.hits import LIKELY, POSSIBLE, Answer, Hits
from tests.making import hit
from ui.cli.show import output, results


@pytest.mark.parametrize(
    ("probability", "word"),
    [(1.0, "likely"), (LIKELY, "likely"), (0.49, "possible"), (POSSIBLE, "possible"), (0.0, "unlikely")],
)
def test_a_probability_has_a_word_wherever_it_is_shown(probability, word):
    found = hit(probability)
    assert found.likelihood == word
    assert f"(1.500, {word})" in str(found)
    assert (found.to_dict()["probability"], found.to_dict()["likelihood"]) == (probability, word)
    with output.capture() as shown:
        results(Hits("cats", "hybrid", (found,)))
    assert f"1.500  {word}\n" in shown.get()
    answer = Answer("cats", "Cats", probability, found, 0, 4, Hits("cats", "hybrid", (found,)))
    assert (answer.likelihood, answer.to_dict()["likelihood"]) == (word, word)


def test_without_a_probability_there_is_no_word():
    assert hit(None).likelihood is None
    assert "(1.500)" in str(hit(None))
