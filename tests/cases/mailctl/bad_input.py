#!/usr/bin/env python3
"""One table: bad input of every command. Each row runs on a config folder of its own: the exit code (2: wrong usage,
1: refused), one sentence on stderr that names the value, nothing on stdout, and every file as it was. Once more with
--json: stdout is {"error": the sentence}. Usage: bad_input.py MAILCTL"""
import json, os, pathlib, re, shutil, subprocess, sys, tempfile, unittest

MAILCTL = sys.argv.pop(1) if len(sys.argv) > 1 else 'mailctl'
NOBODY = 65534

FILES = {
    'postfix-accounts.cf': b'# people\nann@example.com|{PLAIN}secret\nbob@example.com|{SUSPENDED}{PLAIN}x|userdb_mail=maildir:/srv/bob\n',
    'postfix-virtual.cf': b'# aliases\ninfo@example.com ann@example.com\n',
    'dovecot-quotas.cf': b'ann@example.com:5G\n',
    'dovecot-masters.cf': b'admin|{PLAIN}x\n',
    'app-passwords.cf': b'ann@example.com|{PLAIN}x|phone\n',
    'postfix-send-access.cf': b'eve@example.com \t\t REJECT\n',
    'postfix-relaymap.cf': b'@one.example [relay.example]:25\n',
    'postfix-sasl-password.cf': b'@one.example user:password\n',
    'mailserver.env': b'POSTMASTER_ADDRESS=postmaster@example.com\n',
    '.libmail.lock': b'',
}

long = 'a' * 65 + '@example.com'           # RFC 5321 section 4.5.3.1.1
long_domain = 'a@' + 'b.' * 126 + 'example'  # section 4.5.3.1.3
not_text = b'ann\xff@example.com'
INVALID = {  # what an address, an alias, a recipient must not be: value, what stderr names
    'no domain': ('ann', 'ann'), 'a carriage return': ('a\rb@example.com', r'a\rb@'),
    'a line feed': ('a\nb@example.com', r'a\nb@'), 'a line of its own': ('x@example.com\nann@example.com|{PLAIN}y', r'x@example.com\nann'),
    'an escape sequence': ('a\x1b[2J@example.com', r'a\x1b[2J@'), 'invalid UTF-8': (not_text, r'ann\xff@'),
    'an overlong form': (b'a\xc0\xafb@example.com', r'\xc0\xaf'), 'a C1 control': ('a\u009bb@example.com', r'\xc2\x9b'),
    'a turned direction': ('a\u202eb@example.com', r'\xe2\x80\xae'),
}
ADDRESS = dict(INVALID, **{
    'nothing': ('', "''"), 'only a domain': ('@example.com', '@example.com'), 'no localpart': ('@', '@'), 'an empty domain': ('a@', 'a@'),
    'a bar': ('a|b@example.com', 'a|b@'), 'a colon': ('a:b@example.com', 'a:b@'), 'a blank': ('a b@example.com', 'a b@'),
    'a comma': ('a,b@example.com', 'a,b@'), 'a comment': ('#a@example.com', '#a@'), 'a way up': ('../../etc@example.com', '../..'),
    'a domain of dots': ('a@..', 'a@..'), 'a dot first': ('.a@example.com', '.a@'), 'an asterisk': ('a*b@example.com', 'a*b@'),
    'quotes': ('"a"@example.com', '"a"@'), 'a tab': ('a\tb@example.com', r'a\tb@'), 'DEL': ('a\x7f@example.com', r'\x7f'),
    'too long a localpart': (long, 'a' * 20), 'too long': (long_domain, 'a@b.b.b'), 'a megabyte': ('a' * 120_000 + '@example.com', 'aaaa'),
})


def rows():
    """(what, words, standard input, exit code, what stderr names)"""
    def row(code, names, *words, stdin=b''):
        return (words, stdin, code, names)

    # The command line.
    yield row(2, 'lol troll', 'lol', 'troll')
    yield row(2, 'email', 'email')
    yield row(2, r'em\nail', 'em\nail', 'add')
    yield row(2, 'help me', 'help', 'me')
    yield row(2, '--bogus', '--bogus')
    yield row(2, '--bogus', 'email', 'list', '--bogus')
    yield row(2, '-x', 'email', 'del', '-x', 'ann@example.com')
    yield row(2, '--config', 'email', 'list', '--config')
    yield row(2, "--config: ''", 'email', 'list', '--config', '')
    yield row(2, "--mail: ''", 'email', 'list', '--mail', '')
    yield row(2, "--state: ''", 'email', 'list', '--state', '')
    for value in ('soon', '-1', '3601', '', '1.5', '99999999999999999999'):
        yield row(2, f"--wait: '{value}'", 'email', 'list', '--wait', value) if not value.startswith('-') else row(2, '--wait', 'email', 'list', '--wait', value)
    commands = {
        'email add': (1, 2), 'email update': (1, 2), 'email del': (1, None), 'email restrict': (2, 3), 'email list': (0, 0),
        'email forward': (1, 1), 'email suspend': (1, None), 'email resume': (1, None), 'email password': (1, 2),
        'app-password add': (1, 1), 'app-password del': (1, 1), 'app-password list': (0, 1), 'alias add': (2, 2), 'alias del': (2, 2), 'alias list': (0, 0), 'alias resolve': (1, 1), 'spam learn': (1, None),
        'spam forget': (1, None), 'spam classify': (1, None), 'spam explain': (1, 1), 'spam stats': (0, 1),
        'spam bootstrap': (1, 1), 'spam import': (1, 1), 'spam replay': (0, 0), 'quota set': (1, 2), 'quota del': (1, 1),
        'dovecot-master add': (1, 2), 'dovecot-master update': (1, 2), 'dovecot-master del': (1, None),
        'dovecot-master list': (0, 0), 'relay add-domain': (2, 3), 'relay add-auth': (2, 3), 'relay exclude-domain': (1, 1),
        'config show': (0, 1), 'config check': (0, 0), 'completion': (1, 1), 'status': (0, 0),
    }
    for command, (least, most) in commands.items():
        if least > 0:
            yield row(2, f'write `mailctl {command}', *command.split())
        if least > 1:
            yield row(2, f'write `mailctl {command}', *command.split(), 'x')
        if most is not None:
            extra = [f'w{i}' for i in range(most)] + ['surplus']
            yield row(2, "'surplus' is one argument too many", *command.split(), *extra)
    # Options that another command has.
    own = {'--scheme=SSHA512': 'email add', '--to=x@example.com': 'email forward', '--keep': 'email forward', '--check': 'email password',
           '-y': 'email del', '-n': 'email del', '--spam': 'spam learn', '--ham': 'spam learn', '--account=a@example.com': 'spam stats',
           '--password-stdin': 'email add', '--label=x': 'app-password add', '--scope=imap': 'app-password add',
           '--expires=2037-01-01': 'app-password add'}
    for option in own:
        yield row(2, option.split('=')[0], 'email', 'list', option)
        yield row(2, option.split('=')[0], 'alias', 'list', option)

    # Addresses.
    for what, (value, names) in ADDRESS.items():
        yield row(1, names, 'email', 'add', value, 'x')
        yield row(1, names, 'email', 'add', value, '--password-stdin', stdin=b'x\n')
    for what, (value, names) in INVALID.items():
        for command in ('email update', 'quota set', 'quota del', 'email suspend', 'email resume', 'email del -n'):
            rest = {'email update': ['x'], 'quota set': ['5G']}.get(command, [])
            yield row(1, names, *command.split(), value, *rest)
        yield row(1, names, 'email', 'password', '--check', value, 'secret')
        yield row(1, names, 'app-password', 'add', value, '--label', 'tablet')
        yield row(1, names, 'app-password', 'del', value, '--label', 'phone')
        yield row(1, names, 'app-password', 'list', value)
        if what != 'no domain':
            yield row(2, names, 'app-password', 'add', 'ann@example.com', '--label', value)
            yield row(2, names, 'app-password', 'add', 'ann@example.com', '--label', 'x', '--scope', value)
            yield row(2, names, 'app-password', 'add', 'ann@example.com', '--label', 'x', '--expires', value)
        yield row(2 if what != 'no domain' else 1, names if what != 'no domain' else 'nobody', 'email', 'forward', 'nobody@example.com', '--to', value)
        yield row(1, names, 'email', 'forward', value, '--to', 'x@example.com')
        if what != 'no domain':
            yield row(1, names, 'alias', 'add', 'new@example.com', value)
            yield row(1, names, 'alias', 'del', 'info@example.com', value)
            yield row(1, names, 'email', 'restrict', 'add', 'send', value)
            yield row(1, names, 'email', 'restrict', 'del', 'send', value)
            yield row(1, names, 'dovecot-master', 'add', value, 'x')
            yield row(1, names, 'dovecot-master', 'update', value, 'x')
            yield row(1, names, 'dovecot-master', 'del', value)
            yield row(1, names, 'relay', 'add-domain', value, 'relay.example')
            yield row(1, names, 'relay', 'add-domain', 'x.example', value)
            yield row(1, names, 'relay', 'add-auth', value, 'user', 'x')
            yield row(1, names, 'relay', 'add-auth', 'x.example', value, 'x')
            yield row(1, names, 'relay', 'exclude-domain', value)
            yield row(1, names, 'config', 'show', value)
            yield row(1, names, 'completion', value)
            yield row(1, names, 'email', 'restrict', value, 'send')
            yield row(1, names, 'email', 'restrict', 'add', value)
    # Who is not there, who is there already.
    for command in ('email update nobody@example.com x', 'email del -n nobody@example.com', 'email suspend nobody@example.com',
                    'email resume nobody@example.com', 'quota set nobody@example.com 5G', 'email del -n ann@example.com nobody@example.com',
                    'email forward nobody@example.com --to ann@example.com', 'email suspend ann@example.com nobody@example.com',
                    'email resume bob@example.com nobody@example.com', 'email password --check nobody@example.com x',
                    'dovecot-master update nobody x', 'dovecot-master del nobody', 'dovecot-master del admin nobody',
                    'email restrict del send nobody@example.com', 'email restrict del receive nobody@example.com'):
        yield row(1, 'nobody', *command.split())
    for command in ('email add ann@example.com x', 'email add ANN@example.com x', 'alias add ann@example.com x@example.com',
                    'alias add Ann@example.com x@example.com', 'alias add info@example.com ann@example.com'):
        yield row(1, 'ann@example.com', *command.split())
    yield row(1, 'ANN@example.com', 'alias', 'add', 'info@example.com', 'ANN@example.com')
    yield row(1, 'info@example.com', 'email', 'add', 'info@example.com', 'x')
    yield row(1, 'admin', 'dovecot-master', 'add', 'Admin', 'x')
    yield row(1, 'eve@example.com', 'email', 'restrict', 'add', 'send', 'eve@example.com')
    # Aliases.
    for value in ('', 'nodomain', 'a b@example.com', 'a|b@example.com', '#a@example.com', long, '@', '@a b'):
        yield row(1, value[:20], 'alias', 'add', value, 'ann@example.com')
    for value in ('', '#x', ',', '@', 'ann@example.com #x', long_domain, 'a@', '<>'):
        yield row(1, value[:8], 'alias', 'add', 'new@example.com', value)
    yield row(1, 'new@example.com', 'alias', 'add', 'new@example.com', ','.join(f'person{i}@some.example.org' for i in range(2500)))
    yield row(2, '#x', 'email', 'forward', 'ann@example.com', '--to', '#x')
    yield row(2, "''", 'email', 'forward', 'ann@example.com', '--to', '')
    yield row(2, 'ann@example.com', 'email', 'forward', 'ann@example.com')
    yield row(1, 'nobody@example.com', 'alias', 'resolve', 'nobody@example.com')
    yield row(1, 'x@away.example', 'alias', 'resolve', 'x@away.example')
    for value, names in INVALID.values():
        yield row(1, names, 'alias', 'resolve', value)
    # Passwords.
    for command in ('email add new@example.com', 'email update ann@example.com', 'dovecot-master add new', 'dovecot-master update admin',
                    'relay add-auth x.example user'):
        names = command.split()[-1] if 'relay' not in command else 'x.example'
        for stdin in (b'', b'\n', b'\r\n'):
            yield row(1, names, *command.split(), '--password-stdin', stdin=stdin)
        yield row(1, names, *command.split(), '')
        yield row(1, names, *command.split())  # standard input is no terminal
        yield row(1, '511', *command.split(), 'p' * 512)
        yield row(1, '511', *command.split(), '--password-stdin', stdin=b'p' * 512 + b'\n')
        yield row(1, '511', *command.split(), '--password-stdin', stdin=b'p' * 100_000)
        yield row(1, 'NUL' if 'relay' not in command else 'line ends', *command.split(), '--password-stdin', stdin=b'a\0b\n')
    yield row(1, '72', 'email', 'add', 'new@example.com', 'p' * 73, '--scheme', 'BLF-CRYPT')
    yield row(1, 'line ends', 'relay', 'add-auth', 'x.example', 'user', 'a\nb')
    yield row(1, 'line ends', 'relay', 'add-auth', 'x.example', 'user', ' a')
    for value in ('ROT13', 'PLAIN', '', 'SHA512-CRYPT '):
        yield row(2, f"--scheme: '{value}'", 'email', 'add', 'new@example.com', 'x', '--scheme', value)
    yield row(2, 'ann@example.com', 'email', 'password', 'ann@example.com', 'secret')
    yield row(1, 'ann@example.com', 'email', 'password', '--check', 'ann@example.com', 'Secret')
    yield row(1, 'ann@example.com', 'email', 'password', '--check', 'ann@example.com', '')
    yield row(1, 'ann@example.com', 'email', 'password', '--check', 'ann@example.com', 'p' * 512)
    yield row(1, 'ann@example.com', 'email', 'password', '--check', 'ann@example.com')
    yield row(1, 'bob@example.com', 'email', 'password', '--check', 'bob@example.com', 'x')
    # Deletion.
    yield row(2, "'-y' and '-n'", 'email', 'del', '-y', '-n', 'ann@example.com')
    yield row(1, 'bob@example.com', 'email', 'del', '-y', 'bob@example.com')  # userdb_mail leads elsewhere
    # App passwords.
    yield row(2, 'ann@example.com', 'app-password', 'add', 'ann@example.com')
    yield row(2, 'ann@example.com', 'app-password', 'del', 'ann@example.com')
    yield row(1, 'phone', 'app-password', 'add', 'ann@example.com', '--label', 'phone')
    yield row(1, 'PHONE', 'app-password', 'add', 'Ann@example.com', '--label', 'PHONE')
    yield row(1, 'tablet', 'app-password', 'del', 'ann@example.com', '--label', 'tablet')
    yield row(1, 'nobody@example.com', 'app-password', 'add', 'nobody@example.com', '--label', 'x')
    yield row(1, 'nobody@example.com', 'app-password', 'del', 'nobody@example.com', '--label', 'x')
    yield row(1, 'nobody@example.com', 'app-password', 'list', 'nobody@example.com')
    for value in ('', 'a|b', ' a', 'a ', 'l' * 65):
        yield row(2, f"--label: '{value}'", 'app-password', 'add', 'ann@example.com', '--label', value)
    for value in ('', 'ftp', 'imap;smtp', 'imap,', 'all'):
        yield row(2, f"--scope: '{value}'", 'app-password', 'add', 'ann@example.com', '--label', 'x', '--scope', value)
    for value in ('', 'tomorrow', '2027-02-30', '2027-1-31', '31.01.2027', '2027-01-31T25:00:00Z', '2027-01-31 12:00'):
        yield row(2, f"--expires: '{value}'", 'app-password', 'add', 'ann@example.com', '--label', 'x', '--expires', value)
    yield row(1, '2020-01-31', 'app-password', 'add', 'ann@example.com', '--label', 'x', '--expires', '2020-01-31')
    # Quotas.
    for value in ('5', 'G', '-1G', '5X', '1.5G', '5 G', '99999999999999999999G', '5G\n', '0x10M', 'unlimited'):
        yield row(1, '302M', 'quota', 'set', 'ann@example.com', value) if '\n' not in value else \
            row(1, r'5G\n', 'quota', 'set', 'ann@example.com', value)
    yield row(1, 'ann@example.com', 'quota', 'set', 'ann@example.com', '')
    # Masters.
    for value in ('', 'a b', 'a:b', 'a|b', 'a*b', '#a', 'a"b', 'a\\b', 'm' * 255):
        yield row(1, value[:20], 'dovecot-master', 'add', value, 'x')
    # Restrictions.
    for value in ('', 'a b', '#x', 'a"b', 'a\\b', 'x' * 255):
        yield row(1, value[:20], 'email', 'restrict', 'add', 'send', value)
    yield row(1, "''", 'email', 'restrict', 'add', 'send', stdin=b'\n')
    yield row(2, "'deny'", 'email', 'restrict', 'deny', 'send', 'x@example.com')
    yield row(2, "'read'", 'email', 'restrict', 'add', 'read', 'x@example.com')
    yield row(2, "'x@example.com'", 'email', 'restrict', 'list', 'send', 'x@example.com')
    # Relays.
    for value in ('', 'a b', 'a@b', 'a/b', 'a|b', 'a:b', '#a', 'd' * 254):
        yield row(1, value[:20], 'relay', 'add-domain', value, 'relay.example')
        yield row(1, value[:20], 'relay', 'exclude-domain', value)
        yield row(1, value[:20], 'relay', 'add-auth', value, 'user', 'x')
    for value in ('', 'a b', 'a@b', ']', '[x', 'h' * 300):
        yield row(1, value[:20], 'relay', 'add-domain', 'x.example', value)
    for value in ('0', '65536', '-1', 'smtp', '', '587 ', '1e3'):
        yield row(1, f"'{value}'", 'relay', 'add-domain', 'x.example', 'relay.example', value)
    for value in ('', 'a:b', ' a', 'u' * 255):
        yield row(1, value[:20], 'relay', 'add-auth', 'x.example', value, 'x')
    # The classifier.
    for command in ('learn --spam', 'learn --ham', 'forget', 'classify', 'explain', 'import'):
        yield row(1, '/nowhere', 'spam', *command.split(), '/nowhere')
        yield row(1, r'/no\nwhere', 'spam', *command.split(), '/no\nwhere')
    yield row(2, '/nowhere', 'spam', 'learn', '/nowhere')
    yield row(2, '/nowhere', 'spam', 'learn', '--spam', '--ham', '/nowhere')
    for value in ('ann', '../x@y', '@example.com', 'a@b@c', '.a@b', 'a@'):
        yield row(2, f"--account: '{value}'", 'spam', 'stats', '--account', value)
        yield row(1, value, 'spam', 'stats', value)
        yield row(1, value, 'spam', 'bootstrap', value)
    yield row(1, 'nobody@example.com', 'spam', 'bootstrap', 'nobody@example.com')
    yield row(1, 'nonsense', 'spam', 'replay', stdin=b'nonsense\n')
    yield row(1, '/nowhere', 'spam', 'replay', stdin=b'C ham /nowhere\n')
    # Settings and the server.
    yield row(1, 'NO_SUCH', 'config', 'show', 'NO_SUCH')
    yield row(1, "''", 'config', 'show', '')
    yield row(1, 'listeners.json', 'status')
    for value in ('fish', '', 'BASH'):
        yield row(2, f"'{value}'", 'completion', value)


REPORTS = ('alias resolve', 'email password', 'status')  # with --json they say more than an error


class Folder:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        for name in ('config', 'mail', 'state', 'state/run'):
            (self.root / name).mkdir()
        for name, text in FILES.items():
            (self.root / 'config' / name).write_bytes(text)

    def run(self, words, stdin=b'', **more):
        folders = [part for name in ('config', 'mail', 'state') for part in (f'--{name}', str(self.root / name))]
        given = [str(w).split('=')[0] for w in words if not isinstance(w, bytes)]
        kept = [x for i in range(0, 6, 2) if folders[i] not in given for x in folders[i:i + 2]]
        return subprocess.run([MAILCTL] + kept + list(words), input=stdin, capture_output=True, timeout=60,
                              env={'PATH': '/usr/bin:/bin', 'OVERRIDE_HOSTNAME': 'mail.example.com'}, **more)

    def content(self):
        return {str(path.relative_to(self.root)): (path.read_bytes() if path.is_file() else None, path.lstat().st_mtime_ns if path.is_file() else 0)
                for path in self.root.rglob('*')}


class BadInput(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix='mailctl-bad-')
        self.addCleanup(lambda: subprocess.run(['rm', '-rf', self.root], check=True))

    def one_sentence(self, done, names):
        text = done.stderr.decode()
        self.assertRegex(text, r'\A(?:Enter quota \(e\.g\. 10M\): |Provide a username: )?\n?mailctl: [^\n\x00-\x1f\x7f]+\n\Z')
        self.assertIn(names, text)
        self.assertLess(len(text), 2200)
        return text.split('mailctl: ', 1)[1].rstrip('\n')

    def test_bad_input_is_refused_in_one_sentence_and_changes_nothing(self):
        folder = Folder(self.root)
        before = folder.content()
        seen = set()
        for words, stdin, code, names in rows():
            with self.subTest(words=[str(w)[:60] for w in words], stdin=stdin[:20]):
                seen.add(' '.join(map(str, words[:2])))
                done = folder.run(words, stdin)
                told = self.one_sentence(done, names)
                is_report = ' '.join(map(str, words[:2])) in REPORTS or words[0] in REPORTS
                self.assertEqual(done.returncode, code, told)
                if not is_report:
                    self.assertEqual(done.stdout, b'')
                in_json = folder.run(['--json', *words], stdin)
                self.assertEqual((in_json.returncode, self.one_sentence(in_json, names)), (code, told))
                report = json.loads(in_json.stdout)
                if not is_report or 'error' in report:
                    self.assertEqual(report, {'error': told})
                self.assertEqual(folder.content(), before)
        self.assertGreater(len(seen), 37)

    def test_what_is_at_a_limit_is_taken(self):
        folder = Folder(self.root)
        longest = 'a' * 64 + '@' + 'b' * (254 - 65 - 8) + '.example'
        self.assertEqual(len(longest), 254)
        for words in (['email', 'add', longest, 'p' * 511, '--scheme', 'SSHA512'], ['email', 'update', longest, 'p' * 72, '--scheme', 'BLF-CRYPT'],
                      ['alias', 'add', 'x' + longest[1:], longest], ['dovecot-master', 'add', 'm' * 254, 'x', '--scheme', 'SSHA512'],
                      ['relay', 'add-domain', 'd' * 253, 'h' * 253, '65535'], ['relay', 'add-auth', 'x.example', 'u' * 254, 'p' * 511],
                      ['app-password', 'add', longest, '--label', 'l' * 64], ['email', 'list', '--wait', '3600']):
            with self.subTest(words=[word[:20] for word in words]):
                done = folder.run(words)
                self.assertEqual((done.returncode, done.stderr), (0, b''))

    def test_a_folder_that_is_not_there_is_named(self):
        Folder(self.root)
        edits = (['email', 'add', 'a@example.com', 'x'], ['alias', 'add', 'a@example.com', 'b@example.com'], ['email', 'list'],
                 ['alias', 'list'], ['config', 'check'], ['dovecot-master', 'add', 'm', 'x'], ['relay', 'exclude-domain', 'x.example'],
                 ['email', 'restrict', 'add', 'send', 'a@example.com'], ['dovecot-master', 'list'], ['app-password', 'list'], ['email', 'del', '-n', 'a@example.com'],
                 ['email', 'suspend', 'a@example.com'], ['quota', 'set', 'a@example.com', '5G'], ['email', 'update', 'a@example.com', 'x'],
                 ['email', 'forward', 'a@example.com', '--to', 'b@example.com'], ['quota', 'del', 'a@example.com'],
                 ['alias', 'del', 'a@example.com', 'b@example.com'], ['email', 'restrict', 'list', 'send'], ['config', 'show'],
                 ['alias', 'resolve', 'a@example.com'], ['email', 'password', '--check', 'a@example.com', 'x'])
        for words in edits:
            for missing in ('/nowhere/config', f'{self.root}/config/mailserver.env'):
                with self.subTest(words=words, missing=missing):
                    done = Folder.run(self_of(self.root), ['--config', missing, *words])
                    self.assertEqual((done.returncode, done.stdout), (1, b''))
                    self.one_sentence(done, missing)

    def test_a_file_that_cannot_be_read_is_named_and_stays(self):
        folder = Folder(self.root)
        for name, words in (('postfix-accounts.cf', ['email', 'add', 'a@example.com', 'x']), ('postfix-accounts.cf', ['email', 'list']),
                            ('postfix-accounts.cf', ['email', 'suspend', 'ann@example.com']), ('postfix-accounts.cf', ['email', 'del', '-n', 'ann@example.com']),
                            ('postfix-virtual.cf', ['alias', 'add', 'a@example.com', 'b@example.com']),
                            ('postfix-virtual.cf', ['email', 'add', 'a@example.com', 'x']),
                            ('dovecot-quotas.cf', ['quota', 'set', 'ann@example.com', '5G']), ('dovecot-quotas.cf', ['email', 'del', '-n', 'ann@example.com']),
                            ('dovecot-masters.cf', ['dovecot-master', 'add', 'm', 'x']), ('dovecot-masters.cf', ['dovecot-master', 'list']), ('app-passwords.cf', ['app-password', 'list']),
                            ('app-passwords.cf', ['app-password', 'add', 'ann@example.com', '--label', 'x']),
                            ('postfix-send-access.cf', ['email', 'restrict', 'list', 'send']),
                            ('postfix-send-access.cf', ['email', 'restrict', 'add', 'send', 'x@example.com']),
                            ('postfix-relaymap.cf', ['relay', 'exclude-domain', 'x.example']),
                            ('postfix-sasl-password.cf', ['relay', 'add-auth', 'x.example', 'u', 'p'])):
            path = folder.root / 'config' / name
            for kind in ('folder', 'FIFO'):
                with self.subTest(name=name, words=words, kind=kind):
                    path.unlink()
                    path.mkdir() if kind == 'folder' else os.mkfifo(path)
                    before = folder.content()
                    done = folder.run(words)
                    self.assertEqual((done.returncode, done.stdout), (1, b''), done.stderr)
                    self.one_sentence(done, name)
                    self.assertEqual(folder.content(), before)
                    path.rmdir() if kind == 'folder' else path.unlink()
                    path.write_bytes(FILES[name])

    @unittest.skipUnless(os.geteuid() == 0, 'only root may become somebody else')
    def test_a_folder_or_file_without_permission_is_named_and_stays(self):
        global MAILCTL
        folder = Folder(self.root)
        program, copy = MAILCTL, f'{self.root}/mailctl'
        shutil.copy(program, copy)
        os.chmod(self.root, 0o755)
        edits = (['email', 'add', 'a@example.com', 'x'], ['email', 'update', 'ann@example.com', 'x'], ['email', 'del', '-n', 'ann@example.com'],
                 ['alias', 'add', 'a@example.com', 'b@example.com'], ['quota', 'set', 'ann@example.com', '1G'],
                 ['dovecot-master', 'del', 'admin'], ['email', 'restrict', 'add', 'send', 'x@example.com'],
                 ['relay', 'exclude-domain', 'x.example'], ['email', 'suspend', 'ann@example.com'])
        MAILCTL = copy
        try:
            for mode, lock in ((0o555, 0o644), (0o555, 0o666), (0o000, 0o644)):
                os.chmod(folder.root / 'config/.libmail.lock', lock)
                os.chmod(folder.root / 'config', mode)
                before = folder.content()
                for words in edits:
                    with self.subTest(words=words, mode=oct(mode), lock=oct(lock)):
                        done = folder.run(words, user=NOBODY, group=NOBODY, extra_groups=[])
                        self.assertEqual((done.returncode, done.stdout), (1, b''), done.stderr)
                        self.one_sentence(done, f'{self.root}/config')
                        self.assertEqual(folder.content(), before)
        finally:
            MAILCTL = program
            os.chmod(folder.root / 'config', 0o755)


def self_of(root):
    """A Folder of folders that are there already."""
    folder = Folder.__new__(Folder)
    folder.root = pathlib.Path(root)
    return folder


if __name__ == '__main__':
    unittest.main()
