#!/usr/bin/env python3
"""Plays the dialogs of this folder against mailctl, and tests what a dialog cannot: a running
server, completion, exit codes of help. Format: README.md. Usage: run.py MAILCTL"""
import os, pathlib, re, shlex, shutil, socket, subprocess, sys, tempfile, threading, unittest

HERE = pathlib.Path(__file__).resolve().parent
MAILCTL = sys.argv.pop(1) if len(sys.argv) > 1 else 'mailctl'
UPDATE = os.environ.get('MAIL_UPDATE_CASES') == '1'


class Folders:
    """A fresh config and state folder."""

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix='mailctl-'))
        for name in ('config', 'mail', 'state', 'state/run'):
            (self.root / name).mkdir()

    def command(self, words):
        return [MAILCTL, '--config', str(self.root / 'config'), '--mail', str(self.root / 'mail'),
                '--state', str(self.root / 'state')] + words

    def run(self, words, stdin=''):
        environment = {'PATH': '/usr/bin:/bin', 'OVERRIDE_HOSTNAME': 'mail.example.com'}
        return subprocess.run(self.command(words), input=stdin, env=environment, text=True,
                              capture_output=True, timeout=60)

    def named(self, text):
        return text.replace('{CONFIG}', str(self.root / 'config')).replace('{STATE}', str(self.root / 'state'))

    def masked(self, text):
        text = text.replace(str(self.root / 'config'), '{CONFIG}')
        text = text.replace(str(self.root / 'state'), '{STATE}')
        text = re.sub(r'mailctl \d+\.\d+\.\d+', 'mailctl {VERSION}', text)
        text = re.sub(r'\b(?:[a-km-np-z2-9]{4}-){5}[a-km-np-z2-9]{4}\b', '{PASSWORD}', text)
        return re.sub(r'(?<=\{SSHA512\})[A-Za-z0-9+/=]{80,}|\{SHA512-CRYPT\}\$6\$\S+|(?<=\{SCRAM-SHA-256\})\d\S+|(?<=\{(?:BLF-CRYPT)\})\$\S+|(?<=\{ARGON2ID\})\$\S+', '{HASH}', text)

    def remove(self):
        shutil.rmtree(self.root)


def blocks(lines):
    """(line, the lines that belong to it) for each line that begins something."""
    found = []
    for line in lines:
        if line[:1] in ('$', '@', '+', '#') or not found:
            found.append((line, []))
        else:
            found[-1][1].append(line)
    return found


def prefixed(prefix, text):
    return [f'{prefix} {line}'.rstrip() for line in text.splitlines()]


def play(folders, head, body):
    """The lines that this block should have."""
    kept = [line for line in body if line.startswith(('<', '|'))]
    values = [line[2:] for line in kept]
    if head.startswith('$'):
        done = folders.run(shlex.split(folders.named(head[2:])), ''.join(f'{v}\n' for v in values))
        lines = kept + prefixed('>', folders.masked(done.stdout))
        lines += prefixed('!', folders.masked(done.stderr))
        return lines + ([f'= {done.returncode}'] if done.returncode else [])
    if head.startswith('@'):
        return prefixed('|', folders.masked((folders.root / head[2:]).read_text()))
    if head.startswith('+'):
        (folders.root / head[2:]).write_text(''.join(f'{v}\n' for v in values))
    return body


class Dialogs(unittest.TestCase):
    maxDiff = None

    def test_dialogs(self):
        for path in sorted(HERE.glob('*.txt')):
            with self.subTest(path.name):
                expected = path.read_text().splitlines()
                folders, played = Folders(), []
                for head, body in blocks(expected):
                    played += [head] + play(folders, head, body)
                folders.remove()
                if UPDATE:
                    path.write_text(''.join(f'{line}\n' for line in played))
                else:
                    self.assertEqual(played, expected)


class Server(unittest.TestCase):
    """A stand-in behind the control socket."""

    def setUp(self):
        self.folders = Folders()
        self.asked = []
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(self.folders.root / 'state/run/control.sock'))
        self.socket.listen()

    def tearDown(self):
        self.socket.close()
        self.folders.remove()

    def answer(self, text):
        def serve():
            peer, _ = self.socket.accept()
            self.asked.append(peer.makefile().readline())
            peer.sendall(text.encode())
            peer.close()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        return thread

    def test_an_edit_is_live_when_it_returns(self):
        self.answer('{"ok":true}\n')
        self.assertEqual(self.folders.run(['email', 'add', 'a@example.com', 'x']).returncode, 0)
        self.assertEqual(self.asked, ['reload\n'])

    def test_a_server_that_fails_to_reload_is_told(self):
        for text in ('{"ok":false,"error":"disk on fire"}\n', 'nonsense', ''):
            self.answer(text)
            done = self.folders.run(['alias', 'add', f'a{len(text)}@example.com', 'x@example.com'])
            self.assertEqual(done.returncode, 1)
            self.assertIn('the change is written', done.stderr)

    def test_a_socket_that_was_left_behind_is_no_server(self):
        self.socket.close()
        self.assertEqual(self.folders.run(['email', 'add', 'a@example.com', 'x']).returncode, 0)

    def test_status_joins_listeners_and_the_servers_answer(self):
        (self.folders.root / 'state/run/listeners.json').write_text('{"smtp":["127.0.0.1:2525"]}')
        self.answer('{"version":"1","accounts":3}')
        done = self.folders.run(['status'])
        self.assertEqual(done.stdout, 'maild is running\nsmtp: 127.0.0.1:2525\nversion: 1\naccounts: 3\n')
        self.assertEqual((done.returncode, self.asked), (0, ['status\n']))


class Words(unittest.TestCase):
    def test_no_command_and_help_print_the_usage(self):
        folders = Folders()
        for words in ([], ['help'], ['--help']):
            done = folders.run(words)
            self.assertEqual(done.returncode, 0)
            self.assertIn('This is the main administration command that you use for all your '
                          'interactions with', done.stdout)
        folders.remove()

    def test_the_man_page_names_every_command(self):
        page = (HERE.parents[2] / 'frontends/mailctl/mailctl.1').read_text()
        folders = Folders()
        usage = folders.run(['help']).stdout.split('Commands:')[1].split('Options:')[0]
        commands = re.findall(r'^  ([a-z]+(?: [a-z-]+)?(?= |$))', usage, re.M)
        folders.remove()
        self.assertGreater(len(commands), 25)
        for command in commands:
            self.assertIn(re.sub(r' (bash|zsh)$', '', command), page)

    def test_a_list_counts_the_octets_that_names_tell(self):
        folders = Folders()
        folders.run(['email', 'add', 'ann@example.com', 'x'])
        folders.run(['quota', 'set', 'ann@example.com', '5G'])
        for part in ('cur', '.Sent/new', '.Sent/tmp', 'other/cur'):
            (folders.root / 'mail/example.com/ann' / part).mkdir(parents=True)
        message = folders.root / 'mail/example.com/ann/cur/1.host:2,S'
        message.write_text('1234')
        for octets in (1, 1000, 1020, 1024, 1536, 1537, 10239, 10240, 10241, 1048575, 1048576, 10 ** 10, 2 ** 50 + 1):
            for name in (f'.Sent/new/2.host,S=9,W={octets}', f'.Sent/tmp/2,S={octets}', f'other/cur/2,S={octets}'):
                (folders.root / 'mail/example.com/ann' / name).touch()
            text = subprocess.run(['numfmt', '--to=iec', str(octets + 4)], text=True, capture_output=True).stdout.strip()
            line = folders.run(['email', 'list']).stdout.splitlines()[0]
            percent = (octets + 4) * 100 // (5 * 2 ** 30)
            self.assertEqual(line, f'* ann@example.com ( {text} / 5.0G ) [{percent}%]')
            (folders.root / f'mail/example.com/ann/.Sent/new/2.host,S=9,W={octets}').unlink()
        folders.remove()

    @unittest.skipUnless(hasattr(os, 'geteuid') and os.geteuid() == 0, 'only root may mount')
    def test_a_file_that_is_mounted_by_itself_is_rewritten_in_place(self):
        folders = Folders()
        accounts, source = folders.root / 'config/postfix-accounts.cf', folders.root / 'elsewhere'
        source.write_text('# mine\n' + 'old@example.com|{PLAIN}x\n' * 100)
        accounts.touch()
        if subprocess.run(['mount', '--bind', source, accounts], capture_output=True).returncode != 0:
            folders.remove()
            self.skipTest('nothing can be mounted here')
        try:
            added = folders.run(['email', 'add', 'ann@example.com', '--scheme', 'SSHA512', 'x'])
            deleted = folders.run(['email', 'del', '-n', 'old@example.com'])
        finally:
            subprocess.run(['umount', accounts], check=True)
        for done in (added, deleted):
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn('is mounted by itself, so it was rewritten in place', done.stderr)
        self.assertRegex(source.read_text(), r'\A# mine\nann@example.com\|\{SSHA512\}\S+\n\Z')
        self.assertEqual(sorted(os.listdir(folders.root / 'config')), ['.libmail.lock', 'postfix-accounts.cf'])
        folders.remove()

    def test_bash_completes_commands_and_options(self):
        folders = Folders()
        script = folders.run(['completion', 'bash']).stdout
        folders.remove()
        for line, expected in (('mailctl em', 'email'), ('setup email su', 'suspend'), ('mailctl --config /x quota s', 'set'),
                               ('mailctl email add --pass', '--password-stdin'), ('mailctl --mail /x email add --sch', '--scheme'),
                               ('mailctl --js', '--json'), ('mailctl email restrict add se', 'send'), ('mailctl email add --scheme ARG', 'ARGON2ID')):
            words = line.split()
            code = (f'{script}\nCOMP_WORDS=({" ".join(words)}); COMP_CWORD={len(words) - 1}; _mailctl; '
                    'echo "${COMPREPLY[@]}"')
            done = subprocess.run(['bash', '-c', code], text=True, capture_output=True, timeout=60)
            self.assertEqual((done.stdout.split(), done.stderr), ([expected], ''), line)

    def test_a_password_that_begins_with_a_dash_follows_two_dashes(self):
        folders = Folders()
        done = folders.run(['email', 'add', 'a@example.com', '--', '-x-'])
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        folders.remove()


if __name__ == '__main__':
    unittest.main()
