"""The small language is the shell's: each script prints, to the byte, what /bin/sh prints for it."""

import os
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trueline.collect.access import Root
from trueline.collect.commands import run_script
from trueline.collect.machine import Machine
from trueline.kubebench.idioms import answer

LIST = "alpha beta\ngamma\n\n--flag=one --flag=two\nproviders:\n  - aescbc:\n  - identity: {}\ngamma"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder that is the working directory, with files of several kinds."""
    place = tmp_path_factory.mktemp("files")
    (place / "here").mkdir()
    (place / "list").write_text(LIST)
    (place / "empty").write_text("")
    (place / "cr").write_bytes(b"a\r\nb\r\n")
    (place / "latin").write_bytes(b"caf\xe9\n")
    (place / "zero").write_bytes(b"A=1\0B=2\0")
    (place / "closed").write_text("x")
    (place / "closed").chmod(0o4640)
    (place / "dir").mkdir(mode=0o750)
    for name in ("b.crt", "a.crt", ".c.crt", "a b", "q'q"):
        (place / "dir" / name).write_text("1\n")
    (place / "dir" / "sub").mkdir()
    (place / "dir" / "sub" / "d.crt").write_text("2\n")
    (place / "plain").mkdir()
    for name in ("b.crt", "a.crt", "c.key"):
        (place / "plain" / name).write_text("1\n")
    (place / "link").symlink_to("list")
    (place / "dangling").symlink_to("gone")
    (place / "dirlink").symlink_to("plain")
    os.mkfifo(place / "fifo")
    return place


@pytest.fixture(params=["sh, C.UTF-8", "sh, C", "bash, C.UTF-8"])
def both(request, monkeypatch, folder, tmp_path):
    """Compares both ways; gives whether there was an answer."""
    shell, language = request.param.split(", ")
    if not shutil.which(shell):
        pytest.skip(f"SKIPPED: there is no {shell}")
    (tmp_path / "sh").symlink_to(shutil.which(shell))
    monkeypatch.setattr("trueline.collect.commands.SHELL", str(tmp_path / "sh"))
    for name in ("COLUMNS", "LINES", "LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", language)
    monkeypatch.chdir(folder / "here")
    if Machine(Root("/")).maker("find") != "gnu" or not shutil.which("awk"):
        pytest.skip("SKIPPED: the programs of this machine are not GNU's")

    def compared(script):
        script = script.replace("@", str(folder))
        native, real = answer(script, Machine(Root("/"))), run_script(script, timeout=10)
        if native is not None:
            assert (native.output, native.exit_code) == (real.output, real.exit_code), script
        return native is not None

    return compared


ANSWERED = [
    # words and quotes
    "echo a  'b  c' \"d  e\" f\\ g",
    "echo ''",
    "echo a''b\"c\"'d'",
    'echo "a\\"b" "c\\$d"',
    "echo --flag=false",
    "echo a;echo b",
    "echo a;\necho b # not c\n# nor d\n",
    "echo a \\\n  b",
    "echo 'a\nb'",
    # variables
    "X=1; echo $X ${X}2 \"$X\" '$X'",
    "X='a  b'; echo $X \"$X\"",
    "X=' a '; echo -$X-",
    'X=; Y=$X$X; echo "$Y." $Y.',
    "X=1 Y=$X; echo $Y",
    'X=$(echo a; echo b); echo $X; echo "$X"',
    "X=$(cat @/list | tail -n1); echo $X",
    "X=$(false); echo a",
    "X=$(false)",
    "echo $nowhere_set a",
    "for x in a 'b c' $(echo d e); do echo $x; done",
    "for x in; do echo $x; done",
    "for x in a b\ndo\n  X=$x\ndone\necho $X",
    # conditions
    "if test -e @/list; then echo yes; fi",
    "if test -e @/gone; then echo yes; fi",
    "if test -e @/gone; then echo yes; elif test -d @/dir; then echo folder; else echo no; fi",
    "if ! test -d @/list; then echo no; fi",
    "test -e @/dangling",
    "test -f @/link && echo file",
    "test -d @/dirlink/ && echo folder",
    "[ -e @/list ] && [ ! -d @/list ] && echo file",
    "[ a = b ]",
    "[ a != b ] && echo differs",
    "[ 10 -gt 9 ] && echo greater",
    "[ -z '' ] && [ -n a ] && [ ! '' ] && echo all",
    "test -z",
    "test -e",
    "test",
    "X=; if test -e $X; then echo one-word; fi",
    "false || echo a && echo b",
    "true && false || echo c",
    "! true",
    # files
    "cat @/list",
    "cat @/latin",
    "cat @/list @/empty @/list",
    "cat @/gone",
    "cat @/list @/gone @/empty",
    "cat @/gone 2>/dev/null",
    "cat @/list > /dev/null",
    "cat @/gone >/dev/null 2>&1",
    "cat gone",
    "cat @/link",
    "stat -c %a @/closed",
    "stat -c '%a %U:%G %n %%' @/closed @/dir @/dir/",
    "stat -c %a @/gone @/list",
    "stat -c %a @/list @/gone @/list",
    "stat -c %a @/link @/dangling",
    "stat -L -c %a @/link",
    "stat -Lc %a @/link",
    "stat -L -c %a @/dangling",
    "/usr/bin/stat -c %a @/gone",
    "stat -c permissions=%a @/plain/*.crt",
    "stat -c permissions=%a @/plain/*.none",
    "stat -c permissions=%a @/none/*.crt",
    "echo @/plain/?.crt @/plain/*",
    "cat @/plain/*.crt",
    # find and xargs
    "find @/plain",
    "find @/plain/",
    "find @/dirlink",
    "find @/dirlink/",
    "find @/list @/gone",
    "find @/gone 2>/dev/null",
    "find @/plain -name '*.crt'",
    "find @/dir/sub -type f ! -name 'x*'",
    "find @/dir/sub -mindepth 1 -maxdepth 1 -print",
    "find @ -type d",
    "find @/plain/ -name '*.crt' | xargs stat -c permissions=%a",
    "find @/plain/ -name '*.none' | xargs stat -c permissions=%a",
    "find @/gone -name '*.none' | xargs stat -c permissions=%a",
    "find @/gone -name '*.none' | xargs -r stat -c permissions=%a",
    "find @/gone | xargs --no-run-if-empty stat -c permissions=%a",
    "find @/plain -exec stat -c '%a %n' {} \\;",
    "find @/plain -type f -exec stat -c '%a %n' {} +",
    "find @/plain -name '*.none' -exec stat -c '%a %n' {} +",
    "find @/gone -exec stat -c '%a %n' {} +",
    "echo @/plain @/gone | xargs stat -c %a",
    "echo @/list | xargs -I{} grep gamma {}",
    "cat @/empty | xargs -I{} find {}",
    "cat @/empty | xargs cat",
    # filters
    "grep gamma @/list",
    "grep -v gamma @/list",
    "grep -- --flag @/list",
    "grep nothing @/list",
    "grep nothing @/gone",
    "grep -q gamma @/list && echo there",
    "grep -A1 providers: @/list",
    "grep -A 2 alpha @/list",
    "grep -A1 a @/list",
    "grep -o '[A-Za-z]*' @/list",
    "grep -o 'g.m*' @/list",
    "grep '^gam*a$' @/list",
    "grep 'two$' @/list",
    "grep '[{}]' @/list",
    "grep '[^a-zA-Z]$' @/list",
    "grep 'identity: {}' @/list",
    "cat @/list | grep gamma",
    "cat @/list | grep a | tail -n1 | sed 's/^/x=/'",
    "sed -n 2p @/list || true",
    "cat @/list | sed -n '2p'",
    "cat @/list | sed 's%.*flag[= ]\\([^ ]*\\).*%\\1%'",
    "cat @/list | sed 's/a/X/'",
    "cat @/list | sed 's/gamma$/[\\1]/'",
    "cat @/list | sed 's/$/;/'",
    "cat @/list | awk '{print $1}'",
    "cat @/list | awk '{ print $2 }'",
    "cat @/list | awk -F --flag= '{print $2}'",
    "cat @/list | awk -F = '{print $3}'",
    "cat @/zero | tr '\\0' '\\n'",
    "cat @/list | tr -d ' '",
    "cat @/list | tr a b",
    "cat @/list | cut -d= -f2",
    "cat @/list | cut -d '-' -f 3",
    "cat @/list | head -2",
    "cat @/list | head -n 3 | tail -1",
    "cat @/list | uniq",
    "cat @/list | wc -l",
    "cat @/gone | wc -l",
    "cat @/gone | grep x | xargs stat -c %a",
    "echo a | cat",
    "cat @/list | sort",
    "cat @/list | sort -u",
    "grep -i GAMMA @/list",
    "grep -c gamma @/list",
    "grep -vc gamma @/list",
    "grep -c nothing @/list",
    "grep -ivq BETA @/list && echo other",
    "grep -E 'alpha|ident' @/list",
    "grep -E '^(gam+a|  -)' @/list",
    "grep -E 'a(lp|m+)?h?a$' @/list",
    "grep -oE '[a-zA-Z]+' @/list",
    "grep -E '\\.|\\*' @/list || echo none",
    "cat @/list | grep '\\S\\s\\w'",
    "cat @/list | sed 's%.*flag[= ]\\(\\S*\\).*%\\1%'",
    "ls @/plain",
    "ls @/dir",
    "ls -1 @/list",
    "ls @/gone",
    "ls @/empty | wc -l",
    "grep -oE 'z*' @/list",
    "grep -o 'z*' @/empty",
    "grep -E '\\(a\\)' @/list",
    "echo '(gamma)' | grep -E '\\(gam+a\\)'",
    "echo @/plain ' x' | xargs stat -c %a",
    # loops over lines
    'cat @/list | while read -r x; do echo "<$x>"; done',
    'cat @/list | while read -r x y; do echo "$y $x"; done',
    'cat @/list | while read x\ndo\n  if [ "$x" = gamma ]; then echo found; fi\ndone',
    "find @/plain | while read -r f; do stat -c '%a %n' \"$f\"; done",
    "find @/plain -name '*.none' | while read -r f; do stat -c %a $f; done",
    "x=1; echo 2 | while read x; do echo $x; done; echo $x",
    "cat @/list | grep gam | while read -r a b c; do echo $a/$b/$c; false; done",
    'echo a | while read x; do y=$x; done; echo "<$y>"',
    # shells in shells
    "sh -c 'echo a'",
    "/bin/sh -c 'if test -e @/list; then stat -c %a @/list; fi'",
    '/bin/sh -c "if test -e @/gone; then echo a; else echo \\"not found\\"; fi"',
    "sh -c 'find @/plain -name '*.crt' | xargs stat -c %a'",
    "sh -c 'exit_is_not_known' || echo a",
    "x=outer; sh -c 'echo in $x'",
    # the rest of the script is the standard input
    "cat",
    "grep x\n",
    "if true; then cat; fi\n",
    "sh -c 'cat; cat'",
    "echo a | grep a; grep b",
    # lists of processes
    "ps -C no-such-program -o pid=",
    "/bin/ps -ef | grep no-such-program | grep -v grep",
    "ps -ef | grep kubelet-none | grep -- --no-such-flag | sed 's/a/b/' | xargs -r stat -c %a",
]
NOT_SO = {  # what the table's forms stop at
    "sed -n 2p @/list || true",
    "cat @/list | sed 's/gamma$/[\\1]/'",
    "sh -c 'exit_is_not_known' || echo a",
    "find @ -type d",  # a name with an apostrophe is fine for find, a FIFO too
}


@pytest.mark.parametrize("script", [script for script in ANSWERED if script not in NOT_SO])
def test_script_is_answered_as_the_shell_does(both, script):
    assert both(script)


LEFT = [
    *sorted(NOT_SO - {"find @ -type d"}),
    "echo a\\\\b",
    "echo -n a",
    "echo -e a",
    "echo ~",
    "echo {a,b}",
    "echo `id`",
    "echo $((1+1))",
    "echo ${X:-a}",
    "echo $?",
    "echo $1",
    "echo $HOME",
    "echo $RANDOM",
    "echo é",
    "echo [a-z]*",
    "echo ./*",
    "echo ../*",
    "stat -c %a ../plain/*.crt",
    "test -e " + "a" * 300,
    "stat -c %a @/" + "a" * 300,
    "echo @/list '' | xargs -I{} stat -c %a {}",
    "cat @/cr | xargs stat -c %a",
    "echo a | tr a '\\'",
    "echo a | tr '\\' a",
    "cat @/fifo",
    "cat @/dir",
    "cat /dev/zero",
    "cat @/list/",
    "test -e @/list/below || echo no",
    "echo @/dir/sub/.*",
    "false | true",
    "ps -ef | grep sh | grep -v bin",
    "cat < @/list",
    "cat @/list > @/out",
    "cat @/list &",
    "(cat @/list)",
    "{ cat @/list; }",
    "cat <<X\na\nX",
    "f() { echo a; }; f",
    "while true; do echo a; done",
    "while read x; do echo $x; done",
    "cat @/list | while read x; do cat; done",
    "cat @/list | while read x; do grep a; done",
    "cat @/list @/gone | while read x; do echo $x; done",
    "cat @/list | while IFS= read x; do echo $x; done",
    "cat @/list | while read -p x; do echo $x; done",
    "cat @/list | while read x; do echo $x; done | sort",
    "cat @/list | while read x; do echo $x; done < @/list",
    "echo 'a\\b' | while read x; do echo $x; done",
    "ps -ef | grep kubelet-none | while read x; do echo $x; done",
    "echo a | while read x; do ps -ef | grep kubelet-none | grep -v grep; done",
    "echo a | while read PATH; do cat @/list; done",
    "ls @/plain @/dir",
    "ls -l @/plain",
    "ls @/dangling",
    "ls",
    "cat @/list | sort -n",
    "cat @/list | sort -k2",
    "grep -E 'a{2}' @/list",
    "grep -E '*a' @/list",
    "grep -E 'a|' @/list",
    "grep -E '(a' @/list",
    "grep -E 'a++' @/list",
    "grep -E 'a$b' @/list",
    "grep -vo a @/list",
    "grep -w a @/list",
    "case a in a) echo b;; esac",
    "X=1 cat @/list",
    "PATH=/nowhere; cat @/list",
    "IFS=,; X=a,b; echo $X",
    "exit 3",
    "eval echo a",
    "exec cat @/list",
    "set -e; false; echo a",
    ". @/list",
    "cat\necho a",
    "grep x; echo a\necho b",
    "test a == a",
    "test -e a b",
    "test a -a b",
    "test 1 -eq x",
    "[ -e @/list",
    "X='*'; echo $X",
    "stat @/list",
    "stat -c %s @/list",
    "stat -f -c %a @/list",
    "stat -c %y @/list",
    "stat -c 'a\\n' @/list",
    "stat -c %a @/list/",
    "stat -c %a '@/q'\\''q'",
    "find /proc/self -name x",
    "find @/dir | xargs stat -c %a",
    "find @/plain -newer @/list",
    "find @/plain -exec rm {} \\;",
    "find @/plain -delete",
    "find @/plain -name '[ab]*'",
    "find @/list @/gone -exec cat {} \\;",
    "find . -name x",
    "echo a | xargs sh -c",
    "echo a | xargs echo",
    "grep 'a\\|b' @/list",
    "grep 'a\\{2\\}' @/list",
    "grep '[a-f]' @/list",
    "grep '[[:alpha:]]' @/list",
    "grep '\"\\:' @/list",
    "grep a @/list @/empty",
    "grep -r a @/dir",
    "grep a @/latin",
    "grep a @/zero",
    "grep '' @/list",
    "grep '[' @/gone",
    "grep 'a**' @/list",
    "cat @/list | sed 's/a/&&/'",
    "cat @/list | sed 's/a/b/g'",
    "cat @/list | sed s/a/b/e",
    "cat @/list | sed 'w @/out'",
    "cat @/list | awk '{print}'",
    "cat @/list | awk '{system(\"id\")}'",
    "cat @/list | awk -F '|' '{print $1}'",
    "cat @/list | tr a-z A-Z",
    "cat @/list | tee @/out",
    "echo a | echo b",
    "cat @/list @/gone | head -1",
    "cat @/list @/gone | cat",
    "echo a | grep $(cat)",
    "cat @/empty | sh -c cat",
    "cat @/gone | cat @/gone",
    "ps aux",
    "ps -ef",
    "ps -ef | grep bin",
    "ps -ef | grep 123456",
    "ps -ef | grep TIME",
    "ps -ef | grep grep",
    "ps -ef | grep '[k]ubelet'",
    "ps -C sh -o pid=",
    "ps -fC xargs",
    "echo $(ps -ef | grep kubelet-none) | cat",
    "kubectl get pods",
    "id",
    "./cat @/list",
    "X=1 echo a",
    "if true; then",
    "echo 'a",
    "echo a ;; echo b",
    "echo a |",
]


@pytest.mark.parametrize("script", LEFT)
def test_script_is_left_to_the_shell(monkeypatch, folder, script):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(folder / "here")
    assert answer(script.replace("@", str(folder)), Machine(Root("/"))) is None


@pytest.mark.parametrize(
    "script",
    [
        "$(" * 3000,
        "if true; then " * 3000,
        "echo " + "a" * 30_000,
        "sh -c '" * 500,
        "for a in 1 2 3 4 5 6 7 8 9; do " * 9 + "echo x; " + "done; " * 9,
        "X=aaaaaaaaaa; " + "X=$X$X$X$X$X$X$X$X; " * 12 + "echo $X",
        "! " * 5000 + "true",
        "find / -name x",
    ],
)
def test_hostile_script_ends_soon(monkeypatch, folder, script):
    monkeypatch.chdir(folder / "here")
    assert answer(script, Machine(Root("/"))) is None


def test_expression_that_would_stall_others_does_not(both):
    assert both("cat @/list | grep '" + "a*" * 100 + "b'")


WORDS = st.sampled_from(
    [
        "a",
        "''",
        "'b c'",
        '"$X"',
        "$X",
        "$Y",
        "@/list",
        "@/gone",
        "@/plain/*.crt",
        "$(echo 1 2)",
        '"$(cat @/list)"',
        "\\ ",
    ]
)
SIMPLE = st.one_of(
    st.lists(WORDS, max_size=3).map(lambda words: " ".join(["echo", *words])),
    st.lists(WORDS, max_size=3).map(lambda words: " ".join(["test", *words])),
    st.tuples(st.sampled_from(["-e", "-d", "-z", "!", "-n"]), WORDS).map(
        lambda pair: f"test {pair[0]} {pair[1]}"
    ),
    st.lists(WORDS, min_size=1, max_size=3).map(lambda words: " ".join(["cat", *words])),
    st.lists(WORDS, min_size=1, max_size=2).map(lambda words: " ".join(["stat -c %a", *words])),
    st.tuples(st.sampled_from("XY"), WORDS).map("=".join),
    st.sampled_from(["true", "false", "cat", "grep a", "find @/plain", "find @/gone", "find @/list @/gone"]),
    st.sampled_from(
        ["sh -c 'cat @/list'", "sh -c 'cat; stat -c %a @/gone'", "grep a @/list", "grep a @/gone"]
    ),
    st.sampled_from(["find @/plain -name '*.crt' -exec stat -c %a {} \\;", "cat @/list 2>/dev/null"]),
)
PIPED = st.tuples(
    SIMPLE,
    st.lists(
        st.sampled_from(
            [
                "grep a",
                "grep -v a",
                "tail -n1",
                "head -1",
                "xargs",
                "xargs stat -c %a",
                "cat",
                "wc -l",
                "uniq",
            ]
        ),
        max_size=2,
    ),
).map(lambda pair: " | ".join([pair[0], *pair[1]]))
SCRIPTS = st.recursive(
    PIPED,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" && ", " || ", "; ", "\n"]), inner).map("".join),
        st.tuples(inner, inner, inner).map(lambda t: f"if {t[0]}; then {t[1]}; else {t[2]}; fi"),
        st.tuples(WORDS, inner).map(lambda t: f"for Y in {t[0]}; do {t[1]}; done"),
        inner.map(lambda text: f"X=$({text})"),
        st.tuples(PIPED, inner).map(lambda t: f"{t[0]} | while read -r X Y; do {t[1]}; done"),
    ),
    max_leaves=4,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(script=SCRIPTS)
def test_any_script_is_answered_as_the_shell_does_or_left_to_it(both, script):
    both(script)


TOKENS = r"""
echo cat if then else fi for in do done while read test [ ] $( ) ' " \ | || && & ; ;; < > 2>/dev/null * ? {}
~ # = ! $X ${X} $ grep -E -v -o sed s/a/b/ awk '{print find -name -exec \; + xargs -I{} stat -c %a tr \0
ps -ef -C sh -c uniq wc -l head -1 sort ls /etc/passwd /nowhere a
"""
PIECES = st.sampled_from([*TOKENS.split(), "\n", "\t", "é", "\0"])


@settings(max_examples=400, deadline=None)
@given(pieces=st.lists(PIECES, max_size=14), between=st.sampled_from([" ", ""]))
def test_no_text_is_an_error(pieces, between):
    answer(between.join(pieces), Machine(Root("/")))
