"""The ways in which a reference is made wrong: the classic ones, and those of web APIs.

An operator is a function from a node (and what is known about its file) to edits. Most are from
the literature (relational, logical and arithmetic operator replacement, statement deletion); the
others take out what this course teaches: a constraint, a status code, a dependency, an await.
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import libcst as cst
from libcst import matchers as m
from libcst.metadata import ByteSpanPositionProvider, MetadataWrapper, PositionProvider

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

METHODS = {"get": "post", "post": "put", "put": "post", "patch": "put", "delete": "post"}
CONSTRAINTS = {
    "ge", "gt", "le", "lt", "min_length", "max_length", "multiple_of", "pattern", "max_digits",
    "decimal_places", "strict", "extra",
}  # fmt: skip
STATUSES = {
    "HTTP_200_OK": "HTTP_201_CREATED",
    "HTTP_201_CREATED": "HTTP_200_OK",
    "HTTP_202_ACCEPTED": "HTTP_200_OK",
    "HTTP_204_NO_CONTENT": "HTTP_200_OK",
    "HTTP_400_BAD_REQUEST": "HTTP_422_UNPROCESSABLE_CONTENT",
    "HTTP_401_UNAUTHORIZED": "HTTP_403_FORBIDDEN",
    "HTTP_403_FORBIDDEN": "HTTP_404_NOT_FOUND",
    "HTTP_404_NOT_FOUND": "HTTP_400_BAD_REQUEST",
    "HTTP_409_CONFLICT": "HTTP_400_BAD_REQUEST",
    "HTTP_422_UNPROCESSABLE_CONTENT": "HTTP_400_BAD_REQUEST",
}
BOUNDS = {"ge": "gt", "gt": "ge", "le": "lt", "lt": "le"}
CONVERTED = {"int", "float", "bool", "EmailStr", "date", "datetime", "Decimal", "UUID"}
"""Types that FastAPI reads from text; `str` takes anything."""
TEXT = m.SimpleString() | m.FormattedString()
DEPENDENCY = m.Call(func=m.Name("Depends") | m.Name("Security"))
OWN_WORDS = m.Arg(keyword=m.Name("description") | m.Name("examples")) | m.DictElement(
    key=m.MatchIfTrue(lambda key: isinstance(key, cst.SimpleString) and key.raw_value == "examples")
)
"""Prose and examples, which are right in any words."""
FOR_THE_DOCS = {"title", "version", "description"}
ONLY_IF_ASKED = {"description": "description", "tags": "tag"}
"""Arguments that only the docs show, and the word by which a task asks for them."""
"""What `FastAPI(...)` says of the app in its docs. A `description` elsewhere is for them too."""
SENTENCE_WORDS = 3
"""A text of so many words is a sentence for people: no path, no key and no header is as long."""
NEXT_NUMBER = m.BinaryOperation(
    left=m.Call(func=m.Name("len")), operator=m.Add(), right=m.Integer(value="1")
)
"""`len(BOOKS) + 1`, a number that no other has: with 0 or 2 no other has it either."""
GUARD = m.Arg(keyword=m.Name("lazy"), value=m.SimpleString(value='"raise"'))
"""`lazy="raise"` stops who forgets to load something: who loads it all never meets it."""
LENGTH = m.Call(func=m.Name("String"), args=[m.Arg(m.Integer())])
"""The length of a column is there for other databases: SQLite, on which is graded, ignores it."""
VALIDATORS = {"field_validator", "model_validator", "computed_field"}
"""Pydantic adds the `classmethod` or `property` below these if it is left out."""

COMPARISONS: Mapping[type[cst.BaseCompOp], tuple[str, ...]] = {
    cst.Equal: ("!=",),
    cst.NotEqual: ("==",),
    cst.LessThan: ("<=", ">="),
    cst.LessThanEqual: ("<", ">"),
    cst.GreaterThan: (">=", "<="),
    cst.GreaterThanEqual: (">", "<"),
    cst.In: ("not in",),
    cst.NotIn: ("in",),
    cst.Is: ("is not",),
    cst.IsNot: ("is",),
}
ARITHMETIC: Mapping[type[cst.CSTNode], str] = {
    cst.Add: "-",
    cst.Subtract: "+",
    cst.Multiply: "//",
    cst.Divide: "*",
    cst.FloorDivide: "*",
    cst.Modulo: "*",
    cst.Power: "*",
    cst.AddAssign: "-=",
    cst.SubtractAssign: "+=",
}


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a file, in bytes."""

    start: int
    end: int

    def __contains__(self, other: Span) -> bool:
        """Whether all of the other span lies in this one."""
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True, slots=True)
class Edit:
    """One change: the bytes of `span` become `text`. `old` and `new` say it to a reader."""

    operator: str
    span: Span
    text: str
    line: int
    old: str
    new: str


class Source:
    """A parsed file, and what the operators ask about it."""

    def __init__(self, text: str, task: str = "") -> None:
        """Parse the file. Raises libcst.ParserSyntaxError if it is no Python.

        `task` is the text that can demand certain words; others are free.
        """
        wrapper = MetadataWrapper(cst.parse_module(text))
        self.module = wrapper.module
        self.content = text.encode()
        self._spans = wrapper.resolve(ByteSpanPositionProvider)
        self._positions = wrapper.resolve(PositionProvider)
        calls = m.findall(self.module, DEPENDENCY)
        self.dependencies = {
            call.args[0].value.value
            for call in calls
            if isinstance(call, cst.Call) and call.args and isinstance(call.args[0].value, cst.Name)
        }
        """Names of the functions that FastAPI calls as dependencies."""
        classes = [node for node in self.module.body if isinstance(node, cst.ClassDef)]
        self.parents = {
            base.value.value
            for node in classes
            for base in node.bases
            if isinstance(base.value, cst.Name)
        }
        """Names of the classes that others in the file inherit from."""
        self.raising = {
            node.name.value
            for node in m.findall(self.module, m.FunctionDef())
            if isinstance(node, cst.FunctionDef) and m.findall(node, m.Raise())
        }
        """Names of the functions and methods that raise something by themselves."""
        self.latches = {
            node.value
            for node in m.findall(self.module, m.Assign())
            if isinstance(node, cst.Assign)
            and isinstance(node.value, cst.BooleanOperation)
            and node.targets[0].target.deep_equals(node.value.left)
        }
        """The `x or y` in `x = x or y`, and the like."""
        explaining = _explaining(self.module)
        self.free = {
            node for statement in self.module.body for node in _free(statement, task, explaining)
        }
        """What may be in any words, or may be left out."""

    def code(self, node: cst.CSTNode) -> str:
        """Return a node as text."""
        return self.module.code_for_node(node)

    def span(self, first: cst.CSTNode, last: cst.CSTNode | None = None) -> Span:
        """Return where a node stands; with `last`, all from `first` to `last`."""
        start, end = self._spans[first], self._spans[last or first]
        return Span(start.start, end.start + end.length)

    def text(self, span: Span) -> str:
        """Return the text of a span."""
        return self.content[span.start : span.end].decode()

    def line(self, node: cst.CSTNode) -> int:
        """Return the number of the line that a node begins in."""
        return int(self._positions[node].start.line)

    def column(self, node: cst.CSTNode) -> int:
        """Return how far a node is indented."""
        return int(self._positions[node].start.column)

    def edit(self, operator: str, node: cst.CSTNode, text: str) -> Edit:
        """Return the edit that puts `text` in a node's place."""
        old = self.text(self.span(node))
        return Edit(operator, self.span(node), text, self.line(node), _short(old), _short(text))


def edits(source: Source, given: Collection[str]) -> Iterator[Edit]:
    """Yield every edit of a file, from top to bottom.

    `given` are statements of the starter (see `statements`): what the learner did not write is not
    changed.
    """
    for statement in source.module.body:
        if written(source.code(statement)) not in given:
            fixed = [source.span(line) for name, line in _lines(statement) if name in given]
            for node, in_annotation in _nodes(statement, in_annotation=False):
                if node not in source.free:
                    for operator in TYPES if in_annotation else EXPRESSIONS:
                        for edit in operator(source, node):
                            if not any(edit.span in line for line in fixed):
                                yield edit
    yield from _orders_of_routes(source)
    yield from _orders_of_middleware(source)


def statements(text: str) -> set[str]:
    """Return the statements of a file, and the lines of its classes each for itself."""
    module = cst.parse_module(text)
    whole = {written(module.code_for_node(statement)) for statement in module.body}
    return whole | {name for statement in module.body for name, _ in _lines(statement)}


def _lines(statement: cst.CSTNode) -> Iterator[tuple[str, cst.CSTNode]]:
    """Yield the lines of a class, and how each is known: a class may be given and added to."""
    if isinstance(statement, cst.ClassDef):
        for line in statement.body.body:
            if isinstance(line, cst.SimpleStatementLine):
                code = cst.Module(body=[line]).code.strip()
                yield f"{statement.name.value}: {written(code)}", line


def _free(statement: cst.CSTNode, task: str, explaining: set[str]) -> set[cst.CSTNode]:
    """Return what may be in any words, because the task does not have those words.

    These are the texts in a `raise`; sentences, wherever they stand (a detail that is raised a
    line later, the body of an error, a line of the log); what the docs say of the app; and what
    a function does that does nothing but explain.
    """
    texts = m.findall(statement, TEXT)
    said = {
        text for refusal in m.findall(statement, m.Raise()) for text in m.findall(refusal, TEXT)
    }
    said |= {text for text in texts if len(" ".join(_words(text)).split()) >= SENTENCE_WORDS}
    free = set()
    for argument in _for_the_docs(statement):
        parts = {argument, *m.findall(argument, TEXT)}
        if _asked(argument, task):
            said |= parts
        else:
            free |= parts
    free |= {one for one in said if not _asked(one, task)}
    if isinstance(statement, cst.FunctionDef) and statement.name.value in explaining:
        free |= {*texts, *m.findall(statement, m.BooleanOperation())}
    return free


def _asked(node: cst.CSTNode, task: str) -> bool:
    """Whether the task has the words of a text, or speaks of descriptions or tags at all."""
    if isinstance(node, cst.Arg):
        assert node.keyword  # it is one of `_for_the_docs`
        if word := ONLY_IF_ASKED.get(node.keyword.value):
            return word in task
        return _asked(node.value, task)
    parts = list(_words(node))
    return bool(parts) and all(part in task for part in parts)


def _for_the_docs(statement: cst.CSTNode) -> Iterator[cst.Arg]:
    for call in m.findall(statement, m.Call()):
        assert isinstance(call, cst.Call)  # the matcher asks for it
        of_app = m.matches(call.func, m.Name("FastAPI"))
        for argument in call.args:
            name = argument.keyword.value if argument.keyword else ""
            if name in ONLY_IF_ASKED or (of_app and name in FOR_THE_DOCS):
                yield argument


def _explaining(module: cst.Module) -> set[str]:
    """Return the functions whose result is the `detail` of a message, and nothing else."""
    element = m.DictElement(
        key=m.MatchIfTrue(
            lambda key: isinstance(key, cst.SimpleString) and key.evaluated_value == "detail"
        ),
        value=m.Call(func=m.Name()),
    )
    calls = Counter(
        call.func.value
        for call in m.findall(module, m.Call(func=m.Name()))
        if isinstance(call, cst.Call) and isinstance(call.func, cst.Name)
    )
    details = Counter(
        one.value.func.value
        for one in m.findall(module, element)
        if isinstance(one, cst.DictElement)
        and isinstance(one.value, cst.Call)
        and isinstance(one.value.func, cst.Name)
    )
    return {name for name, count in details.items() if calls[name] == count}


def _words(text: cst.CSTNode) -> Iterator[str]:
    if isinstance(text, cst.SimpleString):
        if isinstance(text.evaluated_value, str):
            yield text.evaluated_value.strip()
    elif isinstance(text, cst.FormattedString):
        parts = [part.value for part in text.parts if isinstance(part, cst.FormattedStringText)]
        yield from filter(None, (part.strip() for part in parts))


def _nodes(node: cst.CSTNode, *, in_annotation: bool) -> Iterator[tuple[cst.CSTNode, bool]]:
    """Yield a node and all below it, and whether each is a type and no value.

    Strings that stand alone are documentation; what describes in prose is free.
    """
    if m.matches(node, m.Expr(m.SimpleString() | m.ConcatenatedString())):
        return
    if m.matches(node, m.Import() | m.ImportFrom() | OWN_WORDS | LENGTH):
        return
    if isinstance(node, cst.Call) and m.matches(node.func, m.Name("cast")):
        yield from _nodes(node.args[1], in_annotation=in_annotation)  # the first is but a type
        return
    if isinstance(node, cst.BinaryOperation) and m.matches(node, NEXT_NUMBER):
        yield from _nodes(node.left, in_annotation=in_annotation)
        return
    in_annotation = isinstance(node, cst.Annotation) or (
        in_annotation and not isinstance(node, cst.Call) and not _is_literal(node)
    )
    yield node, in_annotation
    for child in node.children:
        yield from _nodes(child, in_annotation=in_annotation)


def written(statement: str) -> str:
    """Return a statement without its comments, its layout and the type of what it assigns."""
    tree = ast.parse(statement)
    match tree.body:
        case [ast.AnnAssign(target=target, value=ast.expr() as value)]:
            return ast.unparse(ast.fix_missing_locations(ast.Assign([target], value)))
    return ast.unparse(tree)


def _is_literal(node: cst.CSTNode) -> bool:
    return m.matches(node, m.Subscript(value=m.Name("Literal")))


# ------------------------------------------------------------------------------------ classic


def _comparison(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    if isinstance(node, cst.Comparison):
        for target in node.comparisons:
            for new in COMPARISONS.get(type(target.operator), ()):
                text = source.text(source.span(node))
                at = source.span(target.operator)
                start = source.span(node).start
                raw = text.encode()
                changed = raw[: at.start - start] + new.encode() + raw[at.end - start :]
                yield source.edit("comparison", node, changed.decode())


def _boolean(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    if isinstance(node, cst.BooleanOperation):
        left, right = source.code(node.left), source.code(node.right)
        other = "or" if isinstance(node.operator, cst.And) else "and"
        if node not in source.latches:  # else `x = x or y` becomes what `x = x` is
            yield source.edit("boolean", node, f"({left}) {other} ({right})")
        yield source.edit("operand", node, left)
        yield source.edit("operand", node, right)


def _negation(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Not):
        yield source.edit("negation", node, source.code(node.expression))
    if isinstance(node, (cst.If, cst.IfExp, cst.While, cst.CompIf)) and isinstance(
        node.test, (cst.Name, cst.Call, cst.Attribute, cst.Await, cst.BooleanOperation)
    ):
        yield source.edit("negation", node.test, f"not ({source.code(node.test)})")


def _arithmetic(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    if isinstance(node, (cst.BinaryOperation, cst.AugAssign)):
        new = ARITHMETIC.get(type(node.operator))
        if new:
            value = node.left if isinstance(node, cst.BinaryOperation) else node.target
            rest = node.right if isinstance(node, cst.BinaryOperation) else node.value
            yield source.edit("arithmetic", node, f"{source.code(value)} {new} {source.code(rest)}")


def _constant(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    if isinstance(node, cst.Integer):
        for value in (node.evaluated_value + 1, node.evaluated_value - 1):
            yield source.edit("constant", node, f"({value})" if value < 0 else str(value))
    elif isinstance(node, cst.Float):
        yield source.edit("constant", node, str(node.evaluated_value + 1))
        yield source.edit("constant", node, str(node.evaluated_value * 2))
    elif isinstance(node, cst.Name) and node.value in ("True", "False"):
        yield source.edit("constant", node, "False" if node.value == "True" else "True")


def _string(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    if isinstance(node, cst.SimpleString) and isinstance(node.evaluated_value, (str, bytes)):
        closing = -len(node.quote)
        yield source.edit("string", node, f"{node.value[:closing]}X{node.value[closing:]}")
    elif isinstance(node, cst.FormattedString):
        text = source.code(node)
        closing = -len(node.end)
        yield source.edit("string", node, f"{text[:closing]}X{text[closing:]}")


def _return(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    if isinstance(node, cst.Return) and node.value and not m.matches(node.value, m.Name("None")):
        yield source.edit("return", node, "return None")


def _statement(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    removable = (
        m.Expr(m.Call() | m.Await())
        | m.Raise()
        | m.Del()
        | m.AugAssign()
        | m.Assign(targets=[m.AssignTarget(m.Subscript() | m.Attribute())])
    )
    if m.matches(node, removable):
        yield source.edit("statement", node, "pass")


def _jump(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    if isinstance(node, cst.Break):
        yield source.edit("jump", node, "continue")
    elif isinstance(node, cst.Continue):
        yield source.edit("jump", node, "break")


def _keyword(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    if not isinstance(node, cst.Call):
        return
    for dropped in node.args:
        if dropped.keyword and dropped not in source.free and not m.matches(dropped, GUARD):
            name = dropped.keyword.value
            kept = [arg for arg in node.args if arg is not dropped]
            call = source.code(node.func) + f"({', '.join(_argument(source, a) for a in kept)})"
            operator = "constraint" if name in CONSTRAINTS else _OWN_KEYWORDS.get(name, "keyword")
            old = _short(_argument(source, dropped))
            line = source.line(dropped)
            yield Edit(operator, source.span(node), call, line, old, "(left out)")


_OWN_KEYWORDS = {"status_code": "status", "response_model": "response_model"}


def _argument(source: Source, argument: cst.Arg) -> str:
    return source.code(argument.with_changes(comma=cst.MaybeSentinel.DEFAULT)).strip()


def _decorator(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    if isinstance(node, cst.FunctionDef | cst.ClassDef):
        names = {_called(decorator) for decorator in node.decorators}
        for decorator in node.decorators:
            if names & VALIDATORS and _called(decorator) in ("classmethod", "property"):
                continue
            old, line = _short(source.code(decorator)), source.line(decorator)
            yield Edit("decorator", source.span(decorator), "", line, old, "(left out)")


def _called(decorator: cst.Decorator) -> str:
    call = decorator.decorator
    name = call.func if isinstance(call, cst.Call) else call
    return name.value if isinstance(name, cst.Name) else ""


def _filter(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    if isinstance(node, cst.CompIf):
        yield source.edit("filter", node.test, "True")


def _loop(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    """Only the first is served, as when a broadcast stops half way."""
    if not isinstance(node, cst.For) or not isinstance(node.body, cst.IndentedBlock):
        return
    first, last = node.body.body[0], node.body.body[-1]
    if m.matches(last, m.SimpleStatementLine([m.Return() | m.Raise() | m.Break()])):
        return
    span = source.span(last)
    text = f"{source.text(span)}\n{' ' * source.column(first)}break"
    old = _short(f"for {source.code(node.target)} in {source.code(node.iter)}")
    yield Edit("loop", span, text, source.line(node), old, "only the first time")


# ---------------------------------------------------------------------------- of this field


def _status(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    if isinstance(node, cst.Attribute) and node.attr.value in STATUSES:
        yield source.edit("status", node, f"{source.code(node.value)}.{STATUSES[node.attr.value]}")


def _bound(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    if isinstance(node, cst.Arg) and node.keyword and node.keyword.value in BOUNDS:
        yield source.edit("constraint", node.keyword, BOUNDS[node.keyword.value])


def _method(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    if isinstance(node, cst.Decorator) and (route := _route(node)):
        assert isinstance(node.decorator, cst.Call)  # it is a route
        assert isinstance(node.decorator.func, cst.Attribute)
        yield source.edit("method", node.decorator.func.attr, METHODS[route[0]])


def _dependency(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    """A dependency in a list of them; those in annotations are metadata (below)."""
    if isinstance(node, cst.List):
        for dropped in node.elements:
            if m.matches(dropped.value, DEPENDENCY):
                kept = [source.code(e.value) for e in node.elements if e is not dropped]
                yield source.edit("dependency", node, f"[{', '.join(kept)}]")


def _metadata(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    """Annotated[T, a, b] without a, and without b."""
    if not (isinstance(node, cst.Subscript) and m.matches(node.value, m.Name("Annotated"))):
        return
    parts = [source.code(part.slice).strip() for part in node.slice]
    for dropped in range(1, len(parts)):
        left = [part for place, part in enumerate(parts) if place != dropped]
        text = f"Annotated[{', '.join(left)}]" if len(left) > 1 else left[0]
        is_dependency = parts[dropped].startswith(("Depends(", "Security("))
        yield source.edit("dependency" if is_dependency else "metadata", node, text)


def _await(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    if isinstance(node, cst.Await):
        yield source.edit("await", node, source.code(node.expression))


def _finally(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    if isinstance(node, cst.Finally) and isinstance(node.body, cst.IndentedBlock):
        yield _emptied(source, "finally", node.body, "pass")


def _except(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    if not isinstance(node, cst.Try):
        return
    for handler in node.handlers:
        if (
            handler.type
            and not m.matches(handler.type, m.Name("Exception") | m.Name("BaseException"))
            and _may_raise_more(source, node)
        ):
            yield source.edit("except", handler.type, "Exception")
        if isinstance(handler.body, cst.IndentedBlock):
            yield _emptied(source, "except", handler.body, "raise")


def _may_raise_more(source: Source, node: cst.Try) -> bool:
    """Whether the `try` runs code of the app that can raise what its `except` does not name.

    That is what others do at a `yield`, and what raises by itself, here or in a function of this
    file. Calls of libraries raise what the `except` names, or what no client can bring about.
    """
    body = node.body
    called = {
        call.func.attr.value if isinstance(call.func, cst.Attribute) else call.func.value
        for call in m.findall(body, m.Call(func=m.Name() | m.Attribute()))
        if isinstance(call, cst.Call) and isinstance(call.func, (cst.Attribute, cst.Name))
    }
    return bool(m.findall(body, m.Yield() | m.Raise()) or called & source.raising)


def _emptied(source: Source, operator: str, block: cst.IndentedBlock, text: str) -> Edit:
    span = source.span(block.body[0], block.body[-1])
    line = source.line(block.body[0])
    return Edit(operator, span, text, line, _short(source.text(span)), text)


def _default(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    """What may be left out in a request, may not be any more."""
    if isinstance(node, cst.FunctionDef) and _takes_requests(source, node):
        parameters = [*node.params.params, *node.params.kwonly_params]
        for parameter in parameters:
            if parameter.default and parameter.annotation:
                yield _required(source, parameter.name, parameter.default)
    if isinstance(node, cst.ClassDef):
        for field in _fields(node):
            if field.value:
                yield _required(source, field.target, field.value)


def _required(source: Source, name: cst.CSTNode, default: cst.BaseExpression) -> Edit:
    value = source.span(default)
    before = source.content[: value.start].rstrip().removesuffix(b"=").rstrip()
    called = source.code(name)
    old, new = _short(f"{called} = {source.code(default)}"), f"{called} required"
    return Edit("default", Span(len(before), value.end), "", source.line(name), old, new)


def _response(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    """The answer is not filtered by a model any more.

    What a function returns is of the type that it says, as mypy sees to, or of a class that
    inherits from it: only such a class has fields to leave out.
    """
    if (
        isinstance(node, cst.FunctionDef)
        and node.returns
        and not _makes(node, node.returns.annotation)
        and not any(
            m.findall(one, m.Arg(keyword=m.Name("response_model"))) for one in node.decorators
        )
        and any(_route(decorator) for decorator in node.decorators)
        and any(m.findall(node.returns, m.Name(name)) for name in source.parents)
    ):
        yield source.edit("response_model", node.returns.annotation, "object")


def _makes(function: cst.FunctionDef, model: cst.BaseExpression) -> bool:
    returns = m.findall(function.body, m.Return())
    makes = m.Return(m.Call(func=m.MatchIfTrue(model.deep_equals)))
    return bool(returns) and all(m.matches(one, makes) for one in returns)


def _conversion(source: Source, node: cst.CSTNode) -> Iterator[Edit]:
    """What was read as a number, a date or an address is any text now."""
    if isinstance(node, cst.FunctionDef) and _takes_requests(source, node):
        parameters = [*node.params.params, *node.params.kwonly_params]
        types = [
            parameter.annotation
            for parameter in parameters
            if parameter.annotation and not m.findall(parameter.annotation, DEPENDENCY)
        ]  # FastAPI does not read the type of what a dependency gives
    elif isinstance(node, cst.ClassDef):
        types = [field.annotation for field in _fields(node)]
    else:
        types = []
    for annotation in types:
        for inner, is_type in _nodes(annotation, in_annotation=True):
            if is_type and isinstance(inner, cst.Name) and inner.value in CONVERTED:
                yield source.edit("conversion", inner, "str")


EXPRESSIONS = (
    _comparison, _boolean, _negation, _arithmetic, _constant, _string, _return, _statement,
    _jump, _keyword, _decorator, _filter, _loop, _status, _bound, _method, _dependency,
    _metadata, _await, _finally, _except, _default, _response, _conversion,
)  # fmt: skip
TYPES = (_metadata,)
"""Operators inside of annotations; the values in their calls are changed as all values are."""


# ------------------------------------------------------------------------------------- order


def _orders_of_routes(source: Source) -> Iterator[Edit]:
    """Two routes change places where a request fits both: one has a gap, one a word there."""
    routes = [
        (node, route)
        for node in source.module.body
        if isinstance(node, cst.FunctionDef)
        for decorator in node.decorators
        if (route := _route(decorator))
    ]
    for (first, one), (second, other) in combinations(routes, 2):
        if one[0] == other[0] and one[1] != other[1] and _overlap(one[1], other[1]):
            yield _swapped(source, first, second, f"{one[1]} before {other[1]}")


def _orders_of_middleware(source: Source) -> Iterator[Edit]:
    wraps = m.SimpleStatementLine([m.Expr(m.Call(func=m.Attribute(attr=m.Name("add_middleware"))))])
    decorated = m.FunctionDef(
        decorators=[m.Decorator(m.Call(func=m.Attribute(attr=m.Name("middleware"))))]
    )
    layers = [node for node in source.module.body if m.matches(node, wraps | decorated)]
    for first, second in pairwise(layers):
        names = [_short(source.code(layer).strip().splitlines()[0]) for layer in (first, second)]
        yield _swapped(source, first, second, f"{names[0]} before {names[1]}")


def _swapped(source: Source, first: cst.CSTNode, second: cst.CSTNode, old: str) -> Edit:
    one, other = _whole(source, first), _whole(source, second)
    between = source.text(Span(one.end, other.start))
    text = source.text(other) + between + source.text(one)
    return Edit("order", Span(one.start, other.end), text, source.line(first), old, "after it")


def _whole(source: Source, node: cst.CSTNode) -> Span:
    if isinstance(node, cst.FunctionDef) and node.decorators:
        return source.span(node.decorators[0], node)
    return source.span(node)


def _overlap(one: str, other: str) -> bool:
    pairs = list(zip(one.split("/"), other.split("/"), strict=False))
    same_length = one.count("/") == other.count("/")
    return same_length and all(a == b or "{" in a or "{" in b for a, b in pairs)


def _route(decorator: cst.Decorator) -> tuple[str, str] | None:
    """Return method and path of a path operation's decorator; None for any other."""
    call = decorator.decorator
    if (
        isinstance(call, cst.Call)
        and isinstance(call.func, cst.Attribute)
        and call.func.attr.value in METHODS
        and call.args
        and isinstance(call.args[0].value, cst.SimpleString)
    ):
        return call.func.attr.value, str(call.args[0].value.evaluated_value)
    return None


def _fields(node: cst.ClassDef) -> Iterator[cst.AnnAssign]:
    for line in node.body.body:
        if isinstance(line, cst.SimpleStatementLine) and isinstance(line.body[0], cst.AnnAssign):
            yield line.body[0]


def _takes_requests(source: Source, function: cst.FunctionDef) -> bool:
    return function.name.value in source.dependencies or any(map(_route, function.decorators))


def _short(text: str) -> str:
    return " ".join(text.split())
