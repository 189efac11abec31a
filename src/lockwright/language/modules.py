"""Files and their imports.  Nothing is executed: an import of another file in the language is parsed too."""

from __future__ import annotations

import ast
from pathlib import Path

from lockwright.diagnostics.span import Span
from lockwright.language.declarations import Broken, Module, TypingName, WordOfLanguage
from lockwright.language.mistakes import Collector, Mistake, mistake, nearest
from lockwright.language.parse import declare, parse_module
from lockwright.language.spans import span_of
from lockwright.language.vocabulary import WORDS

PACKAGE = Path(__file__).parent.parent
LIBRARY = ("locks", "structures", "workloads", "litmus")
IGNORED = ("__future__", "typing", "typing_extensions", "collections.abc")


class Modules:
    """All files of one compilation, each parsed once."""

    def __init__(self, found: Collector) -> None:
        self.found = found
        self.by_path: dict[str, Module] = {}
        self._loading: list[str] = []
        self._texts: dict[str, str] = {}

    @property
    def sources(self) -> dict[str, str]:
        """The text of each file by the name that spans use."""
        return dict(self._texts)

    def add_file(self, path: Path, name: str | None = None) -> Module:
        """Parse a file and what it imports.

        Raises:
            Mistake: The file cannot be read, or is not Python.
        """
        key = str(path.resolve())
        if key not in self.by_path:
            shown = name or _shown(path)
            self._add(key, shown, _read(path, shown))
        return self.by_path[key]

    def add_text(self, text: str, name: str) -> Module:
        """Parse a text that has no file."""
        key = f"<text>/{name}"
        if key not in self.by_path:
            self._add(key, name, text)
        return self.by_path[key]

    def _add(self, key: str, name: str, text: str) -> None:
        self._texts[name] = text  # also of a file that turns out not to be Python
        module = parse_module(name, "" if key.startswith("<text>/") else key, text)
        module.is_own = not Path(key).is_relative_to(PACKAGE)
        self.by_path[key] = module
        self._loading.append(key)
        declare(module, self.found, self._follow)
        self._loading.pop()

    def _follow(self, module: Module, statement: ast.stmt, found: Collector) -> None:
        if isinstance(statement, ast.Import):
            raise _plain_import(module, statement)
        assert isinstance(statement, ast.ImportFrom)
        origin = statement.module or ""
        if statement.level == 0 and origin == "lockwright.language":
            for alias in statement.names:
                with found.going_on():
                    _take_word(module, alias)
        elif statement.level == 0 and origin in IGNORED:
            for alias in statement.names:
                module.scope[alias.asname or alias.name] = TypingName(alias.name)
        else:
            self._take_from_file(module, statement)

    def _take_from_file(self, module: Module, statement: ast.ImportFrom) -> None:
        path = _locate(module, statement)
        if path is None:
            for alias in statement.names:
                module.scope[alias.asname or alias.name] = Broken(alias.name)
            raise _not_found(module, statement)
        if str(path.resolve()) in self._loading:
            raise mistake(
                "L002",
                (module, statement),
                f"`{statement.module}` imports this file in turn",
                "files that import each other in a circle cannot be put in order",
                helps=["move what both need into a third file"],
            )
        try:
            other = self.add_file(path)
        except Mistake as error:
            self.found.add(error.diagnostic)
            for alias in statement.names:
                module.scope[alias.asname or alias.name] = Broken(alias.name)
            return
        for alias in statement.names:
            with self.found.going_on():
                _take_name(module, other, alias)


def _take_word(module: Module, alias: ast.alias) -> None:
    if alias.name == "*":
        for word in WORDS - module.scope.keys():
            module.scope[word] = WordOfLanguage(word)
        raise mistake(
            "L003",
            span_of(module, alias),
            "words are imported by name",
            "a reader should see which ones are used",
            helps=["write `from lockwright.language import Atomic, Lock, ...`"],
        )
    if alias.name not in WORDS:
        module.scope[alias.asname or alias.name] = Broken(alias.name)
        near = nearest(alias.name, WORDS)
        raise mistake(
            "L003",
            span_of(module, alias),
            f"the language has no `{alias.name}`",
            "not a word of `lockwright.language`",
            helps=[f"did you mean `{near}`?"] if near else [],
        )
    module.scope[alias.asname or alias.name] = WordOfLanguage(alias.name)


def _take_name(module: Module, other: Module, alias: ast.alias) -> None:
    declared = other.scope.get(alias.name)
    if declared is None:
        module.scope[alias.asname or alias.name] = Broken(alias.name)
        near = nearest(alias.name, other.scope)
        raise mistake(
            "L003",
            span_of(module, alias),
            f"`{other.name}` has no `{alias.name}`",
            helps=[f"did you mean `{near}`?"] if near else [],
        )
    module.scope[alias.asname or alias.name] = declared


def _locate(module: Module, statement: ast.ImportFrom) -> Path | None:
    """Return the file that an import means: beside the importing one, or a part of lockwright's library."""
    parts = (statement.module or "").split(".")
    if statement.level == 0 and parts[0] == "lockwright":
        inside = len(parts) > 1 and parts[1] in LIBRARY
        return _existing(PACKAGE.joinpath(*parts[1:])) if inside else None
    folder = Path(module.path).parent if module.path else Path.cwd()
    for _ in range(max(0, statement.level - 1)):
        folder = folder.parent
    return _existing(folder.joinpath(*parts))


def _existing(path: Path) -> Path | None:
    file = path.with_name(path.name + ".py")
    return file if file.is_file() else None


def _plain_import(module: Module, statement: ast.Import) -> Mistake:
    for alias in statement.names:
        module.scope[alias.asname or alias.name.partition(".")[0]] = Broken(alias.name)
    name = statement.names[0].name
    is_language = name.startswith("lockwright")
    return mistake(
        "L002",
        (module, statement),
        f"`import {name}` is not in the language",
        "words are imported one by one" if is_language else "only files in the language can be imported",
        helps=[f"write `from {name} import ...`"] if is_language else ["write what you need from it in the language"],
    )


def _not_found(module: Module, statement: ast.ImportFrom) -> Mistake:
    shown = "." * statement.level + (statement.module or "")
    helps = ["words come from `lockwright.language`, locks from `lockwright.locks.NAME`, your files by their own name"]
    near = nearest(shown, ("lockwright.language", "typing", "__future__"))
    if near:
        helps.insert(0, f"did you mean `{near}`?")
    return mistake(
        "L002",
        (module, statement),
        f"there is no file in the language for `{shown}`",
        "nothing is executed: an import must lead to a file that can be parsed",
        helps=helps,
    )


def _read(path: Path, shown: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # as Python reads it: the mark of some editors is no text
    except FileNotFoundError:
        raise mistake("L050", Span(shown, 0, 0, 0, 0), f"there is no file `{shown}`") from None
    except UnicodeDecodeError as error:
        why = f"byte {error.start + 1:,} is no UTF-8"
        raise mistake("L050", Span(shown, 0, 0, 0, 0), f"`{shown}` is not a text file: {why}") from None
    except OSError as error:
        raise mistake("L050", Span(shown, 0, 0, 0, 0), f"`{shown}` cannot be read: {error.strerror}") from None


def _shown(path: Path) -> str:
    resolved = path.resolve()
    for base, prefix in ((PACKAGE.parent, ""), (Path.cwd(), "")):
        if resolved.is_relative_to(base):
            return prefix + str(resolved.relative_to(base))
    return str(path)
