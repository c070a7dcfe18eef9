"""Tables of the page: set so that nothing is pushed off it."""

from matloop.report.html import Page


def text_of(*header: str) -> str:
    page = Page("report")
    page.table(header, [["1"] * len(header)], header[:1])
    return page.text()


def test_a_table_of_many_columns_is_set_smaller() -> None:
    columns = [f"x{i}" for i in range(10)]
    assert '<table class="wide">' in text_of(*columns)
    assert "<table>" in text_of(*columns[:9])


def test_a_long_name_of_a_column_may_break_at_its_underscores() -> None:
    text = text_of("annealing_temperature_C", "<b>")
    assert '<th scope="col" class="number">annealing_<wbr>temperature_<wbr>C</th>' in text
    assert '<th scope="col">&lt;b&gt;</th>' in text
