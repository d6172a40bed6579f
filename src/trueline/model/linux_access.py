"""Facts of an operating system: accounts, who may log in and how, and the network; see `model.linux`."""

from typing import Literal

from trueline.model.base import Model
from trueline.model.known import Absent, FileMeta, Unavailable
from trueline.model.linux_system import Config, Entry, Malformed, Subject

PasswordState = Literal[
    "empty",  # nobody is asked for a password
    "shadowed",  # "x": the shadow file says
    "hash",  # a password is set
    "locked",  # "!" in front of a hash: a password is set and locked
    "disabled",  # "*", "!" or another text that no password gives: never had one
]

# Accounts


class Account(Model, frozen=True, kw_only=True):
    """A line of passwd; `name` with its "+" for an old NIS entry. uid and gid None: not a number."""

    line: int
    name: str
    password: PasswordState
    uid: int | None
    gid: int | None
    home: str = ""
    shell: str = ""


class Group(Model, frozen=True, kw_only=True):
    """A line of group."""

    line: int
    name: str
    gid: int | None
    members: tuple[str, ...] = ()
    password: PasswordState = "shadowed"


class Shadow(Model, frozen=True, kw_only=True):
    """A line of shadow without its hash; days since 1970 and numbers of days, None where empty.

    `algorithm` of a hash, locked or not: "yescrypt", "sha512", "sha256", "bcrypt", "md5", "des",
    "gost-yescrypt", "scrypt" or "unknown". `malformed` are fields that hold no number, by name.
    """

    line: int
    name: str
    password: PasswordState
    algorithm: str = ""
    last_change: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    warn: int | None = None
    inactive: int | None = None
    expire: int | None = None
    malformed: tuple[str, ...] = ()


class GroupShadow(Model, frozen=True, kw_only=True):
    """A line of gshadow without its hash."""

    line: int
    name: str
    password: PasswordState
    administrators: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


class AccountTable(Subject, frozen=True, kw_only=True):
    """passwd in order, duplicates kept. `total` counts all entries; of more than are kept, not `complete`.

    What is not found among the entries of an incomplete table may still be in the file.
    """

    entries: tuple[Account, ...] = ()
    total: int = 0
    complete: bool = True
    malformed: tuple[Malformed, ...] = ()


class GroupTable(Subject, frozen=True, kw_only=True):
    """group, as AccountTable."""

    entries: tuple[Group, ...] = ()
    total: int = 0
    complete: bool = True
    malformed: tuple[Malformed, ...] = ()


class ShadowTable(Subject, frozen=True, kw_only=True):
    """shadow, as AccountTable."""

    entries: tuple[Shadow, ...] = ()
    total: int = 0
    complete: bool = True
    malformed: tuple[Malformed, ...] = ()


class GroupShadowTable(Subject, frozen=True, kw_only=True):
    """gshadow, as AccountTable."""

    entries: tuple[GroupShadow, ...] = ()
    total: int = 0
    complete: bool = True
    malformed: tuple[Malformed, ...] = ()


class Home(Model, frozen=True, kw_only=True):
    """The home directory of an account that may log in, as its passwd line names it.

    `meta` is without `entries`. `dot_files` are names in it that begin with a dot, links not followed
    (`kind` "link"); Unavailable where the directory can't be listed or is on a remote file system.
    """

    user: str
    uid: int
    gid: int
    path: str
    meta: FileMeta | Absent | Unavailable
    dot_files: "DotFiles | Unavailable"


class DotFiles(Subject, frozen=True, kw_only=True):
    """Names in a home directory that begin with a dot; `complete` False where there are too many."""

    files: dict[str, FileMeta | Unavailable] = {}
    complete: bool = True


class RootPath(Subject, frozen=True, kw_only=True):
    """Where root's shell looks for commands: `text` as the last of the `sources` that set it has it.

    `directories` by the words of `text` that are absolute, links followed. Where login.defs or
    /etc/environment sets it, assignments in root's own and the system's shell start files are not evaluated:
    they are entries "PATH" of configuration "profile". Where neither does, as on RHEL, `text` is the default
    of log-in with all words that these files add, whatever their conditions say.
    """

    text: str
    source: str
    directories: dict[str, FileMeta | Absent | Unavailable] = {}


class Accounts(Subject, frozen=True, kw_only=True):
    """The account files. `homes` are of accounts whose shell lets them in, root among them.

    A shell lets in unless it is nologin, false, sync, halt or shutdown; an empty one is /bin/sh.
    `first_ordinary_uid` is UID_MIN. `shells` are the words of /etc/shells.
    """

    passwd: AccountTable | Absent | Unavailable
    group: GroupTable | Absent | Unavailable
    shadow: ShadowTable | Absent | Unavailable
    gshadow: GroupShadowTable | Absent | Unavailable
    homes: tuple[Home, ...] | Unavailable = ()
    homes_complete: bool = True
    first_ordinary_uid: int = 1000
    shells: tuple[str, ...] | Unavailable = ()
    root_path: RootPath | Absent | Unavailable


# Log-in: PAM, sudo, sshd


class PamRule(Model, frozen=True, kw_only=True):
    """A module in a stack. `type` "auth", `control` as written, `module` the file name without its directory.

    `arguments` keep their words in brackets as one. `quiet`: the type is written with "-". `substack`: the
    file of the substack that it is in, "" outside of one.
    """

    file: str
    line: int
    type: str
    control: str
    module: str
    arguments: tuple[str, ...] = ()
    quiet: bool = False
    substack: str = ""


class PamStack(Model, frozen=True, kw_only=True):
    """A service with all includes resolved, in the order in which PAM asks the modules.

    `includes` are the files that its own file includes directly or through others. `unread`: files that
    could not be read, that include themselves or are missing.
    """

    rules: tuple[PamRule, ...] = ()
    includes: tuple[str, ...] = ()
    unread: dict[str, Unavailable] = {}
    malformed: tuple[Malformed, ...] = ()


class Pam(Subject, frozen=True, kw_only=True):
    """PAM services by name; every file of pam.d is one ("common-auth", "system-auth")."""

    services: dict[str, PamStack] = {}
    unread: dict[str, Unavailable] = {}


class SudoDefault(Model, frozen=True, kw_only=True):
    """An option of a Defaults line; `scope` "" for all, else as written ("@host", ":user", ">runas").

    `negated`: "!use_pty". `value` None: only named. `operator` "=", "+=" or "-=".
    """

    file: str
    line: int
    option: str
    value: str | None = None
    operator: str = "="
    negated: bool = False
    scope: str = ""


class SudoRule(Model, frozen=True, kw_only=True):
    """A user specification: who, and the tags in it ("NOPASSWD", "NOEXEC"); no commands."""

    file: str
    line: int
    who: str
    tags: tuple[str, ...] = ()
    all_commands: bool = False


class Sudo(Subject, frozen=True, kw_only=True):
    """sudoers with the files that it includes, in order."""

    defaults: tuple[SudoDefault, ...] = ()
    rules: tuple[SudoRule, ...] = ()
    files: tuple[str, ...] = ()
    malformed: tuple[Malformed, ...] = ()
    unread: dict[str, Unavailable] = {}


class SshdMatch(Model, frozen=True, kw_only=True):
    """A Match block; `criteria` as written. What is in it holds for some connections only."""

    file: str
    line: int
    criteria: str
    entries: tuple[Entry, ...] = ()


class Sshd(Subject, frozen=True, kw_only=True):
    """What configures sshd; keywords (keys of entries too) in lower case.

    `effective` is what sshd itself says it would use (`sshd -T`, defaults filled in; None where it was not
    asked): keyword to its values. `entries` are the lines outside of Match blocks in the order in which sshd
    reads them, Include files in their place: the first of equal keywords counts, but Port, ListenAddress,
    HostKey, AcceptEnv, SetEnv, AllowUsers, DenyUsers, AllowGroups and DenyGroups add up. `version` is that
    of the openssh-server package. `options` are words of the daemon's command line (-o) from its unit's
    environment file.
    """

    effective: dict[str, tuple[str, ...]] | None = None
    entries: tuple[Entry, ...] = ()
    matches: tuple[SshdMatch, ...] = ()
    files: tuple[str, ...] = ()
    version: str | None = None
    options: tuple[Entry, ...] = ()
    malformed: tuple[Malformed, ...] = ()
    unread: dict[str, Unavailable] = {}


# Audit


class Audit(Subject, frozen=True, kw_only=True):
    """The kernel's audit rules as text, runs of blanks as one.

    `loaded` are those in force now (`auditctl -l`, and "-e 2" etc. from its status); `rules` the lines of
    rules.d in the order of augenrules, `compiled` those of audit.rules, which is loaded at boot where
    augenrules is not used. In both the `value` of an entry is the line.
    """

    loaded: tuple[str, ...] | Unavailable
    rules: Config
    compiled: Config


# Network


class Interface(Model, frozen=True, kw_only=True):
    """A network interface; `driver` is the kernel module behind it, "" for a virtual one."""

    name: str
    wireless: bool = False
    driver: str = ""


class Listener(Model, frozen=True, kw_only=True):
    """A socket that takes connections (tcp) or datagrams of anyone (udp).

    `protocol` tcp, tcp6, udp or udp6.
    """

    protocol: str
    address: str
    port: int
    uid: int = 0
    program: str = ""


class NftChain(Model, frozen=True, kw_only=True):
    """A chain of nftables; `hook`, `type` and `policy` are "" for one that is only jumped to."""

    family: str
    table: str
    name: str
    type: str = ""
    hook: str = ""
    priority: str = ""
    policy: str = ""
    rules: tuple[str, ...] = ()


class Nftables(Subject, frozen=True, kw_only=True):
    """The loaded ruleset; `tables` as "inet filter". Rules are in nft's own words, without counters."""

    tables: tuple[str, ...] = ()
    chains: tuple[NftChain, ...] = ()


class Iptables(Subject, frozen=True, kw_only=True):
    """The loaded table `filter`.

    Policies of its chains, and its rules as `iptables -S` writes them (-A INPUT ...).
    """

    policies: dict[str, str] = {}
    rules: tuple[str, ...] = ()


class FirewalldZone(Model, frozen=True, kw_only=True):
    """A zone file of firewalld; `rich_rules` as sorted name=value words of their elements."""

    name: str
    file: str
    target: str = "default"
    interfaces: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    rich_rules: tuple[str, ...] = ()
    forward: bool = False
    masquerade: bool = False


class Firewalld(Subject, frozen=True, kw_only=True):
    """Zones that are configured, those of /etc in place of those that ship; firewalld.conf is "firewalld"."""

    zones: tuple[FirewalldZone, ...] = ()
    unread: dict[str, Unavailable] = {}


class Firewall(Subject, frozen=True, kw_only=True):
    """Packet filters now, and firewalld's zones; ufw's files are configurations "ufw" and "ufw-rules".

    Absent: the kernel has no such filter loaded, so it filters nothing.
    """

    nftables: Nftables | Absent | Unavailable
    iptables: Iptables | Absent | Unavailable
    ip6tables: Iptables | Absent | Unavailable
    firewalld: Firewalld | Absent | Unavailable


# Desktop


class DconfLock(Model, frozen=True, kw_only=True):
    """A key ("/org/gnome/desktop/session/idle-delay") that users may not change."""

    database: str
    file: str
    line: int
    key: str


class Dconf(Subject, frozen=True, kw_only=True):
    """dconf's system databases: `keys` (`section` is a key's path) and `locks`.

    `profile` and `greeter` are the lines of the profiles of users and of GNOME's log-in screen, which name
    the databases that are read ("system-db:local"); empty where there is none. `stale` are databases whose
    compiled form is missing or older than a key file.
    """

    keys: tuple[Entry, ...] = ()
    locks: tuple[DconfLock, ...] = ()
    profile: tuple[str, ...] = ()
    greeter: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    unread: dict[str, Unavailable] = {}
