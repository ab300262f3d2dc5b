"""Our Liquid: python-liquid with missing values as errors, limits on time and size, and partials from memory
only.

`{% include %}` is left out: it sees and changes everything around it; `{% render %}` does not. Nothing is
ever loaded from a file, and values are never parsed as templates.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from io import StringIO
from typing import Any, Final, cast

from liquid import BoundTemplate, CachingDictLoader, Environment, RenderContext
from liquid.ast import Node
from liquid.builtin.expressions import FilteredExpression
from liquid.builtin.output import Output, OutputNode
from liquid.exceptions import (
    BlockNestingError,
    ContextDepthError,
    LiquidError,
    LiquidInterrupt,
    LocalNamespaceLimitError,
    LoopIterationLimitError,
)
from liquid.parser import get_parser
from liquid.stream import TokenStream
from liquid.stringify import to_liquid_string
from liquid.token import (
    TOKEN_DOT,
    TOKEN_IDENTSTRING,
    TOKEN_LBRACKET,
    TOKEN_OUTPUT,
    TOKEN_WITH,
    TOKEN_WORD,
    Token,
)
from liquid.undefined import UNDEFINED

from engine.errors import RenderError
from engine.messages.filters import registered
from engine.messages.missing import Missing, Unset, dotted
from engine.messages.setting import SIZE_LIMIT, Setting, too_large

_LOOPS: Final = 10_000
_PATH_GOES_ON: Final = (TOKEN_DOT, TOKEN_LBRACKET, TOKEN_IDENTSTRING)


class _Sheet(StringIO):
    """What is written so far; refuses to grow beyond the limit or past the deadline."""

    def __init__(self, setting: Setting, budget: int) -> None:
        super().__init__()
        self._setting = setting
        self.budget = budget  # characters that may still be written

    def write(self, text: str, /) -> int:
        self.budget -= len(text)
        if self.budget < 0:
            raise too_large()
        self._setting.check_time()
        return super().write(text)


class _Context(RenderContext):
    """A rendering under way."""

    __slots__ = ("setting",)

    setting: Setting

    def get(self, path: list[object], *, token: Any, default: object = UNDEFINED) -> object:
        """The value at a path; missing and null alike become Missing, named as the template wrote it."""
        self.setting.check_time()
        value = self._find(path)
        if value is None:
            return Missing(dotted(path), token=token) if default is UNDEFINED else default
        return value

    def _find(self, path: list[object]) -> object:
        try:
            value: object = self.scope[path[0]]  # type: ignore[index]
            for segment in path[1:]:
                value = self.get_item(value, segment)
        except (KeyError, TypeError, IndexError):
            return None
        return None if isinstance(value, Missing) and len(path) > 1 else value

    def assign(self, key: str, val: object) -> None:
        self.setting.check_time()
        super().assign(key, val)

    def copy(self, *args: Any, **options: Any) -> _Context:
        copied = cast(_Context, super().copy(*args, **options))  # python-liquid makes one of our own class
        copied.setting = self.setting
        return copied

    def get_buffer(self, buf: Any = None) -> StringIO:
        return _Sheet(self.setting, buf.budget if isinstance(buf, _Sheet) else SIZE_LIMIT)


class _OutputNode(OutputNode):
    """`{{ … }}`: what comes to nothing, or to a whole record, is an error."""

    def render_to_output(self, context: RenderContext, buffer: Any) -> int:
        value = self.expression.evaluate(context)
        if not isinstance(value, str | int | float):
            _refuse_unprintable(value, str(self.expression))
        return int(buffer.write(to_liquid_string(value, context.autoescape)))


def _refuse_unprintable(value: object, written: str) -> None:
    if value is None:
        raise Missing(written).complaint()
    if isinstance(value, Missing):
        raise value.complaint()
    is_record = isinstance(value, Mapping) and not isinstance(value, Unset)
    if is_record or (isinstance(value, list) and any(isinstance(item, Mapping) for item in value)):
        raise RenderError(
            f"`{written}` is a whole record and not a text",
            help="Name the part to print, or go through a list with {% for item in list %}.",
        )


class _Output(Output):
    node_class = _OutputNode

    def parse(self, stream: TokenStream) -> OutputNode:
        token = stream.eat(TOKEN_OUTPUT)
        return self.node_class(token, FilteredExpression.parse(self.env, stream.into_inner(eat=False)))


class _Stream(TokenStream):
    """Lets `with.x` and `contact.limit` be values, although `with` and `limit` are words of Liquid's own."""

    def into_inner(self, *, tag: Token | None = None, eat: bool = True) -> TokenStream:
        inner = super().into_inner(tag=tag, eat=eat)
        inner.tokens = [_as_name(inner.tokens, index) for index in range(len(inner.tokens))]
        return inner


def _as_name(tokens: list[Token], index: int) -> Token:
    token = tokens[index]
    follows_dot = index > 0 and tokens[index - 1].kind == TOKEN_DOT
    begins_path = (
        token.kind == TOKEN_WITH and index + 1 < len(tokens) and tokens[index + 1].kind in _PATH_GOES_ON
    )
    is_keyword = token.kind == token.value
    return token._replace(kind=TOKEN_WORD) if is_keyword and (follows_dot or begins_path) else token


class _Template(BoundTemplate):
    context_class = _Context


class Dialect(Environment):
    """One set of partials with autoescape on (HTML) or off (subjects, text)."""

    template_class = _Template
    loop_iteration_limit = _LOOPS
    local_namespace_limit = SIZE_LIMIT
    block_nesting_limit = 30
    context_depth_limit = 30
    logical_not_operator = True
    logical_parentheses = True

    def __init__(self, partials: Mapping[str, str], *, autoescape: bool) -> None:
        super().__init__(
            autoescape=autoescape,
            undefined=Missing,
            loader=CachingDictLoader(dict(partials), auto_reload=False),
        )

    def _parse(self, source: str) -> list[Node]:
        return get_parser(self).parse(_Stream(self.tokenizer()(source)))

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        self.add_tag(_Output)
        del self.tags["include"]
        self.filters = _filters(tuple(self.filters.items()))


@lru_cache(maxsize=1)
def _filters(standard: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    return registered(dict(standard))


def rendered(template: BoundTemplate, values: Mapping[str, object], setting: Setting) -> str:
    """The text of a compiled template. Raises RenderError, and nothing else, whatever the values are."""
    context = _Context(template, globals=values)
    context.setting = setting
    sheet = _Sheet(setting, SIZE_LIMIT)
    try:
        for node in template.nodes:
            node.render(context, sheet)
    except LiquidError as error:
        raise RenderError(in_words(error)) from error
    except LiquidInterrupt as error:
        raise RenderError("{% break %} and {% continue %} belong inside {% for %}") from error
    except (ArithmeticError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        # Filters meet whatever the data holds; what they make of it concerns this message only.
        raise RenderError(f"this message cannot be rendered: {error}") from error
    return sheet.getvalue()


_LIMITS: Final[tuple[tuple[type[LiquidError], str], ...]] = (
    (
        LoopIterationLimitError,
        f"this message loops more than {_LOOPS:,} times; limit it: {{% for x in list limit: 10 %}}",
    ),
    (LocalNamespaceLimitError, "the values kept with {% assign %} and {% capture %} become too large"),
    (ContextDepthError, "partials and loops are nested too deeply; does a partial render itself?"),
    (BlockNestingError, "more than 30 blocks such as {% if %} stand inside each other"),
)


def in_words(error: LiquidError) -> str:
    """What python-liquid says, or our words where its own are not for marketers."""
    for kind, words in _LIMITS:
        if isinstance(error, kind):
            return words
    return f"this message cannot be rendered: {error.message}"
