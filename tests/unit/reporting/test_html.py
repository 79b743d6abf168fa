"""The page of a report: one file, well formed, nothing from outside, every name escaped."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from seqtool.artifact.lineage import Ancestor
from seqtool.reporting.collecting.collect import Collected, Model, Result
from seqtool.reporting.rendering.figures import Curve, interval_bar, line_chart
from seqtool.reporting.rendering.html import render_html
from seqtool.reporting.rendering.tables import curves_table

_VOID = {"meta"}


class Checked(HTMLParser):
    """Every tag that is opened is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def checked(page: str) -> Checked:
    parser = Checked()
    parser.feed(page)
    parser.close()
    assert not parser.open
    return parser


def history(losses: list[float]) -> list[dict[str, str]]:
    return [
        {
            "epoch": str(i),
            "tokens": "10",
            "train_loss": str(loss),
            "valid_loss": str(loss + 1),
            "lr": "0.1",
            "grad_norm": "1",
        }
        for i, loss in enumerate(losses, 1)
    ]


def some() -> Collected:
    model = Model("<b>&한국어</b>.lm", "lm", "d", {"parameters": 3}, {}, {}, history([3.0, 2.0, float("nan")]), False)
    measures = {
        "n": 4,
        "accuracy": 0.75,
        "accuracy_low": 0.5,
        "accuracy_high": 1.0,
        "f1": 0.7,
        "labels": {"pos": {"precision": 1.0, "recall": 0.5, "f1": 0.67, "support": 2}},
        "confusion": {"neg": {"neg": 2}, "pos": {"neg": 1, "pos": 1}},
    }
    labels = Result("m", "t", "x", measures, False)
    comparison = Result(
        "",
        "t",
        "x",
        {
            "a": "m",
            "b": "n",
            "measures": [
                {
                    "measure": "accuracy",
                    "n": 4,
                    "value_a": 0.5,
                    "value_b": 0.75,
                    "difference": 0.25,
                    "low": -0.1,
                    "high": 0.5,
                    "p_bootstrap": 0.3,
                    "p_randomization": 0.4,
                }
            ],
        },
        False,
    )
    lineage = [Ancestor(0, "m", "lm", "d" * 64, "seqtool train-lm 'a b'"), Ancestor(1, "t", "text", "e" * 64, None)]
    return Collected(
        models=[model],
        labels=[labels],
        comparisons=[comparison],
        lineages=[("m", lineage)],
        ledgers=[("m", {"what": "lines", "count": 2, "why": "dropped <script>"})],
    )


def test_a_page_is_well_formed_and_alone() -> None:
    page = render_html(some(), "A & <i>title</i>")
    parser = checked(page)
    tags = [tag for tag, _ in parser.seen]
    assert not {"script", "link", "img", "iframe"} & set(tags)
    assert not re.search(r"https?://|url\(|@import", page)
    assert "<b>" not in page
    assert "&lt;b&gt;&amp;한국어&lt;/b&gt;.lm" in page
    assert "<title>A &amp; &lt;i&gt;title&lt;/i&gt;</title>" in page


def test_everything_has_its_section_and_the_links_lead_there() -> None:
    parser = checked(render_html(some()))
    ids = {attributes["id"] for tag, attributes in parser.seen if tag == "section"}
    links = {str(attributes["href"]).removeprefix("#") for tag, attributes in parser.seen if tag == "a"}
    assert (
        ids == links == {"labels", "label", "confusion", "comparison", "models", "cost", "curves", "ledger", "lineage"}
    )
    assert tags_with(parser, "svg", "role") == tags_with(parser, "svg", "aria-label") > 0
    scrolled = [a for tag, a in parser.seen if tag == "div" and a.get("class") == "scroll"]
    assert all(a["tabindex"] == "0" and a["aria-label"] for a in scrolled)


@pytest.mark.parametrize(("count", "folded"), [(12, False), (13, True)])
def test_of_a_long_table_the_first_rows_stand_open(count: int, folded: bool) -> None:
    wrong = [{"line": i, "gold": "a", "predicted": "b", "text": f"text {i}."} for i in range(count)]
    page = render_html(Collected(labels=[Result("m", "t", "x", {"n": 4, "mistakes": wrong}, False)]))
    checked(page)
    shown, _, rest = page.partition("<details>")
    assert [f"text {i}." in shown for i in range(count)] == [i < 12 for i in range(count)]
    assert (f"<summary>all {count} rows</summary>" in page) == folded
    assert (f"text {count - 1}." in rest) == folded


def test_one_is_in_the_singular() -> None:
    assert "1 model, 1 artifact<" in render_html(some())
    assert "0 models, 0 artifacts<" in render_html(Collected())


def tags_with(parser: Checked, tag: str, attribute: str) -> int:
    return sum(name == tag and attribute in attributes for name, attributes in parser.seen)


def test_shares_of_a_row_colour_the_confusions() -> None:
    page = render_html(some())
    assert '<th scope="row">pos</th><td class="number" style="background:rgba(var(--heat),0.23)">1</td>' in page


def test_a_chart_has_every_curve_within_it() -> None:
    picture = line_chart("t", "x", "y", [Curve("a", [(1, 0.5), (2, 0.25), (3, 0.125)]), Curve("b", [(1, 0.3)])])
    checked(picture)
    numbers = [float(n) for points in re.findall(r'points="([^"]+)"', picture) for n in re.split("[ ,]", points)]
    assert all(0 <= n <= 560 for n in numbers)
    assert 'text-anchor="middle" x="308.0"' in picture
    assert ">2</text>" in picture
    assert ">0.2</text>" in picture


def test_a_bar_stands_between_the_ends_of_its_column() -> None:
    bar = interval_bar(0.5, 0.4, 0.6, 0.0, 1.0)
    assert 'x1="48.8" x2="71.2"' in bar
    assert 'cx="60.0"' in bar
    checked(interval_bar(1.0, 1.0, 1.0, 1.0, 1.0))


def test_a_report_of_nothing_is_a_page_too() -> None:
    checked(render_html(Collected()))


def test_what_else_was_measured_has_its_curve_and_its_column() -> None:
    lines = [line | {"valid_accuracy": str(i / 4)} for i, line in enumerate(history([3.0, 2.0]), 1)]
    classifier = Model("c", "classifier", "d", {}, {}, {}, lines, False)
    some_lm = Model("l", "lm", "e", {}, {}, {}, history([3.0]), False)
    collected = Collected(models=[classifier, some_lm])
    page = render_html(collected)
    checked(page)
    captions = re.findall("<figcaption>(.*?)</figcaption>", page)
    assert captions == ["classifier: loss, nats", "classifier: accuracy", "lm: loss, nats"]
    table = curves_table(collected)
    assert table.columns.index("valid_accuracy") == 7
    assert [row[7] for row in table.rows] == [0.25, 0.5, None]


@pytest.mark.parametrize(("labels", "drawn"), [(1, False), (2, True), (30, True), (31, False)])
def test_confusions_of_a_few_labels_are_drawn(labels: int, drawn: bool) -> None:
    confusion = {f"l{i}": {"l0": 1} for i in range(labels)}
    page = render_html(Collected(labels=[Result("m", "t", "x", {"n": 4, "confusion": confusion}, False)]))
    assert ("gold \\ predicted" in page) == drawn
