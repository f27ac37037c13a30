"""The product's own HTML: a figure, a state bar, a symbol, a sentence. Numbers and catalogue text only.

Data text (names of places, codes, notes) never goes into HTML: it is shown by `st.text` and `st.dataframe`, or passes
`plain.escape` where Streamlit reads Markdown (labels, headings, messages).
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from geo import codes
from geo.i18n import text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geo.coverage import Share


def symbol(state: str) -> str:
    """Return the 16 px symbol of a visit state (`codes.VISIT_STATES`): HTML.

    Raises `ValueError` for anything else.
    """
    return f'<i class="sym sym-{codes.VISIT_STATES[codes.VISIT_STATES.index(state)]}"></i>'


def percent(share: Share) -> str:
    """Return a percentage with its sign in small type: HTML."""
    return f"{share.percent.removesuffix('%')}<small>%</small>" if share.percent.endswith("%") else share.percent


def fraction(share: Share) -> str:
    """Return `有效走访 24,066 ÷ 应访 29,755`: what a percentage never stands without."""
    return text(
        "kpi.fraction",
        word_n=text(f"{share.formula}.n"),
        n=share.numerator,
        word_N=text(f"{share.formula}.N"),
        N=share.denominator,
    )


def figure(share: Share, *, target_bp: int | None = None, notes: Sequence[str] = ()) -> str:
    """Return the big figure of a share with its name, fraction, notes, and a bar with the target's tick: HTML."""
    lines = "<br>".join(escape(words) for words in (fraction(share), *notes))
    tick = "" if target_bp is None else f'<u style="left:{target_bp / 100:.2f}%"></u>'
    return (
        f'<div class="figrow"><span class="fig">{percent(share)}</span>'
        f'<span><b>{escape(text(share.formula))}</b><br><span class="fig-note">{lines}</span></span>'
        f'</div><div class="fig-bar"><i style="width:{_width(share)}"></i>{tick}</div>'
    )


def big_number(number: int, name: str, notes: Sequence[str]) -> str:
    """Return a big count with its name and notes (catalogue text) beside it: HTML."""
    lines = "<br>".join(escape(note) for note in notes)
    return (
        f'<div class="figrow"><span class="fig">{number:,}</span>'
        f'<span><b>{escape(name)}</b><br><span class="fig-note">{lines}</span></span></div>'
    )


def rungs(shares: Sequence[Share]) -> str:
    """Return one line a share: name, bar, percentage, n / N: HTML."""
    lines = "".join(share_cells(share, shade=f"r{nth}") for nth, share in enumerate(shares))
    return f'<div class="rungs">{lines}</div>'


def share_cells(share: Share, *, shade: str = "r2") -> str:
    """Return the four cells of a line of rungs; `shade` is r0, r1 or r2: HTML."""
    return (
        f"<span>{escape(text(share.formula))}</span>"
        f'<span class="fig-bar thin {shade}"><i style="width:{_width(share)}"></i></span>'
        f'<span class="num">{share.percent}</span>'
        f'<span class="num fig-note" title="{escape(fraction(share))}">'
        f"{share.numerator:,} / {share.denominator:,}</span>"
    )


def state_bar(counts: Mapping[str, int]) -> str:
    """Return a stacked bar of visit states, in the order of `codes.VISIT_STATES`: HTML."""
    return stacked_bar("bar-", {state: counts[state] for state in codes.VISIT_STATES if counts.get(state)})


def stacked_bar(prefix: str, counts: Mapping[str, int]) -> str:
    """Return a stacked bar; each part has the class `<prefix><key>` (keys of ours, counts): HTML."""
    parts = "".join(f'<i class="{prefix}{key}" style="flex:{count}"></i>' for key, count in counts.items())
    return f'<div class="state-bar">{parts}</div>'


def sentence(words: str, *, stressed: str = "") -> str:
    """Return the first sentence of a page with one part of it stressed: HTML."""
    html = escape(words)
    if stressed:
        html = html.replace(escape(stressed), f"<em>{escape(stressed)}</em>")
    return f'<h1 class="lead">{html}</h1>'


def note(words: str) -> str:
    """Return a note in small grey type: HTML."""
    return f'<div class="fig-note">{escape(words)}</div>'


def signed(points: float) -> str:
    """Return a difference in percentage points with its sign: +3.0, −5.4, ±0.0."""
    if not points:
        return "±0.0"
    return f"{'+' if points > 0 else '−'}{abs(points):.1f}"


def _width(share: Share) -> str:
    return "0" if share.tenths is None else f"{share.tenths / 10:.1f}%"
