"""The part of PowerShell that pasted scripts use: commands, pipes, variables, hashtables, blocks. Nothing is run."""

from __future__ import annotations

from dataclasses import replace

from upa_cli.pnp.statements import Argument, Assignment, Command, Statement, Table
from upa_cli.pnp.tokens import DASHES, MAX_DEPTH, PowerShellError, Template, Token, Variable, tokens_of

_SOMETIMES = ("if", "elseif", "else", "switch", "foreach", "for", "while", "do", "catch", "foreach-object", "%")
"""Words before a block that may run several times, or not at all."""
_ENDS = ("newline", ";", "|", "{", "}")


def parse(text: str) -> list[Statement]:
    """Read what fills a variable, commands and hashtables, in blocks too; the rest has no effect here.

    Raises `PowerShellError` for what isn't closed or is too large.
    """
    return _Parser(tokens_of(text)).statements()


class _Parser:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[Token], depth: int = 1) -> None:
        self._tokens, self._at, self._depth = tokens, 0, depth
        self._blocks: list[bool] = []
        self._sometimes = self._piped = False

    def statements(self) -> list[Statement]:
        found: list[Statement] = []
        while (token := self._peek()) is not None:
            if token.kind == "table":
                found.append(self._table(1))
            elif token.kind == "variable":
                found += self._assignment()
            elif token.kind == "word":
                found += self._word()
            else:
                self._mark(token)
        return found

    def _mark(self, token: Token) -> None:
        """Step over a mark; a brace opens or closes a block, whose output may be piped."""
        self._at += 1
        self._piped = token.kind == "|"
        if token.kind == "{":
            self._blocks.append(self._sometimes)
            self._sometimes = False
        elif token.kind == "}" and self._blocks:
            self._blocks.pop()

    def _word(self) -> list[Statement]:
        token = self._tokens[self._at]
        following = self._tokens[self._at + 1] if self._at + 1 < len(self._tokens) else None
        lower = token.text.lower()
        if lower in _SOMETIMES:
            self._at, self._sometimes = self._at + 1, True
            if following is not None and following.kind == "(":
                self._parentheses()
            return []
        if lower in ("param", "return", "try", "finally", "process", "begin", "end"):
            self._at += 1
            return []
        if token.text.startswith("[") and following is not None and following.kind in ("table", "variable"):
            self._at += 1  # a type such as [ordered] before a value
            return []
        first, *others = self._pipeline("")
        if self._piped and first.piped is None:
            first = replace(first, piped=Command("", (), token.line))
        self._piped = False
        return [first, *others]

    def _pipeline(self, fills: str) -> list[Command]:
        """Read commands with `|` between them, as far as a block."""
        made = self._command(fills)
        found = []
        while (token := self._peek()) is not None and token.kind == "|":
            self._at += 1
            self._newlines()
            made = replace(made, goes_on=True)
            found.append(made)
            token = self._peek()
            if token is None or token.kind != "word" or token.text.lower() in _SOMETIMES:
                return found
            made = replace(self._command(""), piped=made)
        return [*found, made]

    def _assignment(self) -> list[Statement]:
        name = self._take()
        kinds = [(token.kind, token.text) for token in self._tokens[self._at : self._at + 4]]
        whole, _, method = name.text.rpartition(".")
        if kinds[:1] == [("(", "(")] and method.lower() in ("add", "remove", "clear"):
            return [self._called(name, whole, method.lower())]
        key = ""
        if [kind for kind, _ in kinds[:4]] == ["word", "string", "word", "="] and kinds[0][1] == "[":
            key = str(self._tokens[self._at + 1].value)
            self._at += 3
        adds = kinds[:2] == [("word", "+"), ("=", "=")]
        self._at += adds
        following = self._peek()
        if following is None or following.kind != "=":
            self._rest()  # an expression that fills nothing
            return []
        self._at += 1
        self._newlines()
        while (token := self._peek()) is not None and token.kind == "word" and token.text.startswith("["):
            self._at += 1
        if token is None:
            raise PowerShellError(f"line {name.line}: ${name.text} = has no value")
        if token.kind == "word" and not key and not adds:
            return [*self._pipeline(name.text)]
        made = Assignment(name.text, self._value(1), name.line, key, adds, any(self._blocks))
        following = self._peek()
        if following is not None and following.kind not in (*_ENDS, ",", ")"):
            made = replace(made, value=Variable("(…)"))  # `"a" + $b` and the like is computed
            self._rest()
        return [made]

    def _called(self, name: Token, whole: str, method: str) -> Assignment:
        """Read `$name.Add("key", value)`; what is taken out of a hashtable isn't followed."""
        start = self._at
        self._parentheses()
        given = [token for token in self._tokens[start + 1 : self._at - 1] if token.kind != "newline"]
        if method == "add" and [token.kind for token in given] == ["string", ",", "string"]:
            key, value = str(given[0].value), given[2].value
            return Assignment(whole, value, name.line, key, sometimes=any(self._blocks))
        return Assignment(whole, Variable("(…)"), name.line, sometimes=True)

    def _command(self, fills: str) -> Command:
        name = self._take()
        start = name.text[0] not in DASHES
        self._at -= not start  # parameters alone, of a command that wasn't copied
        arguments: list[Argument] = []
        while (token := self._peek()) is not None and token.kind not in _ENDS:
            if token.kind == "word" and token.text[0] in DASHES and len(token.text) > 1:
                self._at += 1
                arguments.append(self._flag(token))
            elif token.kind == "splat":
                self._at += 1
                arguments.append(Argument("@", Variable(token.text)))
            elif token.kind in ("string", "table", "variable", "(") or (token.kind == "word" and token.text[0] != "."):
                arguments.append(Argument("", self._value(1)))
            else:
                self._at += 1
        return Command(name.text if start else "", tuple(arguments), name.line, fills, sometimes=any(self._blocks))

    def _flag(self, token: Token) -> Argument:
        flag, colon, glued = token.text[1:].partition(":")
        following = self._peek()
        if glued:
            return Argument(flag, glued)
        if following is not None and following.kind == "newline" and not colon:
            after = self._tokens[self._at + 1] if self._at + 1 < len(self._tokens) else None
            if after is not None and after.kind == "table":  # a mail program broke the line
                self._at += 1
                return Argument(flag, self._value(1))
        if following is not None and self._is_value(following):
            return Argument(flag, self._value(1))
        return Argument(flag)

    def _is_value(self, token: Token) -> bool:
        if token.kind == "word":
            return token.text[0] not in DASHES
        return token.kind in ("string", "table", "variable", "(", "$", "@")

    def _value(self, depth: int) -> object:
        token = self._peek()
        if token is None:
            raise PowerShellError("a value is missing at the end of the text")
        if token.kind == "table":
            return self._table(depth)
        if token.kind == "(":
            return self._inside()
        if token.kind == "{":
            self._balanced("{", "}")
            return Variable("{…}")
        self._at += 1
        if token.kind in ("$", "@") and (following := self._peek()) is not None and following.kind == "(":
            self._parentheses()
            return Variable("(…)")
        if token.kind == "string":
            return token.value
        if token.kind == "variable":
            constant = {"true": True, "false": False, "null": None}
            lower = token.text.lower()
            return constant[lower] if lower in constant else Variable(token.text)
        if token.kind == "word" and token.text.startswith("["):
            return self._value(depth)
        if token.kind == "word":
            return token.text
        raise PowerShellError(f"line {token.line}: {token.text[:20]!r} isn't a value")

    def _table(self, depth: int) -> Table:
        opened = self._take()
        if depth > MAX_DEPTH:
            raise PowerShellError(f"line {opened.line}: hashtables are nested more than {MAX_DEPTH} deep")
        pairs: list[tuple[str, object]] = []
        while True:
            token = self._peek()
            if token is None:
                raise PowerShellError(f"line {opened.line}: the hashtable @{{ isn't closed with }}")
            self._at += 1
            if token.kind == "}":
                return Table(tuple(pairs), opened.line)
            if token.kind in ("newline", ";"):
                continue
            pairs.append(self._pair(token, [key.lower() for key, _ in pairs], depth))

    def _pair(self, token: Token, known: list[str], depth: int) -> tuple[str, object]:
        if token.kind == ",":
            raise PowerShellError(
                f"line {token.line}: ; or a new line stands between two pairs of a hashtable, no comma"
            )
        if token.kind not in ("string", "word"):
            raise PowerShellError(f"line {token.line}: a key is expected in the hashtable, not {token.text[:20]!r}")
        key = str(token.value) if token.kind == "string" else token.text
        if isinstance(token.value, Template):
            raise PowerShellError(f"line {token.line}: a key of the hashtable is computed: write the property's name")
        equals = self._peek()
        if equals is None or equals.kind != "=":
            also = ' ("Property"="attribute")' if equals is not None and equals.text.startswith(":") else ""
            raise PowerShellError(f"line {token.line}: the key {key[:40]!r} has no = and no value{also}")
        self._at += 1
        if key.lower() in known:
            raise PowerShellError(f"line {token.line}: the key {key[:40]!r} is there twice: PowerShell refuses it")
        self._newlines()
        return key, self._value(depth + 1)

    def _inside(self) -> object:
        """Read what stands in parentheses: a command, a text, or something that is computed."""
        start = self._at
        self._parentheses()
        inner = [token for token in self._tokens[start + 1 : self._at - 1] if token.kind != "newline"]
        if len(inner) == 1 and inner[0].kind == "string":
            return inner[0].value
        command = bool(inner) and inner[0].kind == "word" and inner[0].text[0] not in f"{DASHES}["
        if command and self._depth < MAX_DEPTH:
            return _Parser(inner, self._depth + 1)._pipeline("")[0]
        return Variable("(…)")

    def _parentheses(self) -> None:
        self._balanced("(", ")")

    def _balanced(self, opening: str, closing: str) -> None:
        opened, depth = self._take(), 1
        openings = (opening, "table") if opening == "{" else (opening,)
        while depth:
            token = self._peek()
            if token is None:
                raise PowerShellError(f"line {opened.line}: {opening} isn't closed")
            self._at += 1
            depth += (token.kind in openings) - (token.kind == closing)

    def _newlines(self) -> None:
        while (token := self._peek()) is not None and token.kind == "newline":
            self._at += 1

    def _rest(self) -> None:
        """Skip the rest of a statement that isn't understood and has no effect here."""
        while (token := self._peek()) is not None and token.kind not in _ENDS:
            if token.kind == "table":
                self._table(1)
            else:
                self._at += 1

    def _peek(self) -> Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]
