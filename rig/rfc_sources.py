# SPDX-License-Identifier: GPL-2.0
"""What the tests say of themselves: which requirements they show.

A test says so in its name, in the comment right above it or within it, as
`RFC 4787 REQ-9, 9a, RFC 7857 section 2.1`. KUnit's are functions, those of the
selftests are functions too (Python) or checks (shell), which may be named by a
pattern or made by a function that has the comment.
"""
import ast
import functools
import pathlib
import re

ITEM = r"\d+(?:\.\d+)?[A-Za-z]?\b"
GROUP = re.compile(r"RFC (\d{4})((?:,? (?:and )?(?:REQ-|section )%s(?:(?:,| and) %s)*)+)" %
                   (ITEM, ITEM))
C_COMMENT = r"(?:/\*(?:[^*]|\*(?!/))*\*/\n)?"
SHELL_CHECK = re.compile(r'\b(?:check\w*|ok|not_ok) "((?:[^"\\]|\\.)*)"')


def requirements(text):
    """{(rfc, number)} of all that a text names, also across the lines of a comment."""
    text = re.sub(r"\s*\n\s*(?:\*(?!/)|#)?\s*", " ", text)
    return {(group[1], number) for group in GROUP.finditer(text)
            for number in re.findall(ITEM, group[2])}


def comments_above(lines, at):
    """The comment that ends right above a line; both count from 0."""
    first = at
    while first > 0 and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return lines[first:at]


def of_c(text):
    """A function that finds the text of a KUnit case."""
    def find(case):
        found = re.search(C_COMMENT + r"static void %s\(struct kunit \*\w+\)\n\{\n.*?^\}" %
                          re.escape(case), text, re.DOTALL | re.MULTILINE)
        return found and found[0]
    return find


def spelled(node):
    """A string in a source as a regular expression: what is computed can be anything."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.escape(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return spelled(node.left) + spelled(node.right)
    if isinstance(node, ast.BinOp) and isinstance(node.left, ast.Constant):
        return ".*".join(map(re.escape, re.split(r"%[a-z]", node.left.value)))
    return ".*"


def name_of(decorator):
    """The name in @case("..."), or what it begins with in @both_ways("..."), as a pattern."""
    if not isinstance(decorator, ast.Call) or not decorator.args:
        return None
    name = spelled(decorator.args[0])
    if name == ".*":
        return None
    exact = getattr(decorator.func, "id", "") == "case"
    return re.compile(name + (r"\Z" if exact else ""))


def python_cases(node, lines, above=""):
    """(pattern, text) of each case; what is said of a function holds for those it makes."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef):
            yield from python_cases(child, lines, above)
            continue
        first = min([child.lineno] + [d.lineno for d in child.decorator_list]) - 1
        said = above + "\n".join(comments_above(lines, first)) + "\n"
        names = [name for name in map(name_of, child.decorator_list) if name]
        for name in names:
            yield name, said + "\n".join(lines[first:child.end_lineno])
        yield from python_cases(child, lines, said)


def shell_checks(text):
    """(pattern, text) of each check, with the comments above it and its function's."""
    lines, function = text.split("\n"), ""
    for at, line in enumerate(lines):
        if re.match(r"\w+\(\)$", line):
            function = "\n".join(comments_above(lines, at))
        elif line == "}":
            function = ""
        for name in SHELL_CHECK.findall(line):
            known = map(re.escape, re.split(r"\$\{?\w+\}?", name))
            yield (re.compile(".*".join(known) + r"\Z"),
                   "\n".join([function] + comments_above(lines, at) + [name]))


def of_pairs(pairs):
    """A function that finds the text of a case by its name as it ran."""
    pairs = list(pairs)

    def find(case):
        texts = [text for name, text in pairs if name.match(case)]
        return "\n".join([case] + texts) if texts else None
    return find


def of_python(text):
    return of_pairs(python_cases(ast.parse(text), text.split("\n")))


def of_shell(text):
    return of_pairs(shell_checks(text))


class Sources:
    """The tests of a checkout."""

    def __init__(self, root):
        self.root = pathlib.Path(root)

    def said(self, suite, case):
        """{(rfc, number)} of what a case that ran says it shows; None if it has no source."""
        texts = [find(case) for find in self.finders(suite)]
        texts = [text for text in texts if text]
        return requirements("\n".join(texts)) if texts else None

    @functools.lru_cache(maxsize=None)
    def finders(self, suite):
        if suite.startswith("alias_"):
            return [of_c(text) for text in self.kunit_files()
                    if '.name = "%s"' % suite in text]
        script = self.root / "selftests" / (suite + ".sh")
        if not script.exists():
            return []
        text = script.read_text()
        return [of_shell(text)] + [of_python(module.read_text()) for module in
                                   self.modules(re.findall(r"run_cases (\w+)\.py", text))]

    @functools.lru_cache(maxsize=None)
    def kunit_files(self):
        return [path.read_text() for path in sorted((self.root / "kunit").glob("*_kunit.c"))]

    def modules(self, names):
        """Python files beside the tests, with those that they use."""
        todo, paths = list(names), []
        while todo:
            path = self.root / "selftests" / (todo.pop() + ".py")
            if path.exists() and path not in paths:
                paths.append(path)
                todo += re.findall(r"^(?:import|from) (\w+)", path.read_text(), re.MULTILINE)
        return paths
