#!/usr/bin/env python3
"""mailctl at a terminal: prompts show nothing, Ctrl-C gives the echo back, colours are for terminals that want them, and
nothing that stands in a file steers one. Usage: terminal.py MAILCTL"""
import os, pathlib, pty, re, select, signal, subprocess, sys, tempfile, termios, unittest

MAILCTL = sys.argv.pop(1) if len(sys.argv) > 1 else 'mailctl'
COLOUR = re.compile(rb'\x1b\[[0-9;]*m')


class Terminal:
    """One command behind a pty."""

    def __init__(self, words, **environment):
        self.seen = b''
        self.pid, self.end = pty.fork()
        if self.pid == 0:
            os.execve(MAILCTL, [MAILCTL, *words], {'PATH': '/usr/bin:/bin', 'TERM': 'xterm', 'OVERRIDE_HOSTNAME': 'mail.example.com', **environment})

    def read(self):
        if not select.select([self.end], [], [], 60)[0]:
            raise TimeoutError(f'nothing comes after {self.seen}')
        try:
            octets = os.read(self.end, 4096)
        except OSError:
            octets = b''  # the other end is closed
        self.seen += octets
        return octets != b''

    def wait_for(self, text):
        while text not in self.seen:
            if not self.read():
                raise AssertionError(f'{text} does not come: {self.seen}')

    def type(self, octets):
        os.write(self.end, octets)

    def echoes(self):
        return bool(termios.tcgetattr(self.end)[3] & termios.ECHO)

    def finish(self):
        while self.read():
            pass
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.end)
        return code


class AtATerminal(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='mailctl-tty-')
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for name in ('config', 'mail', 'state'):
            (self.root / name).mkdir()
        self.write('postfix-accounts.cf', b'ann@example.com|{SUSPENDED}{PLAIN}x\nnonsense\n')

    def write(self, name, octets):
        (self.root / 'config' / name).write_bytes(octets)

    def words(self, *words):
        return ['--config', str(self.root / 'config'), '--mail', str(self.root / 'mail'), '--state', str(self.root / 'state'), *words]

    def at_terminal(self, *words, **environment):
        return Terminal(self.words(*words), **environment)

    def shown(self, *words, **environment):
        terminal = self.at_terminal(*words, **environment)
        terminal.finish()
        return terminal.seen

    def test_a_typed_password_is_asked_twice_and_not_shown(self):
        for words, file in ((['email', 'add', 'bob@example.com'], 'postfix-accounts.cf'), (['email', 'update', 'ann@example.com'], 'postfix-accounts.cf'),
                            (['dovecot-master', 'add', 'admin'], 'dovecot-masters.cf'), (['relay', 'add-auth', 'x.example', 'user'], 'postfix-sasl-password.cf')):
            with self.subTest(words=words):
                terminal = self.at_terminal(*words)
                for prompt in (b'Enter Password: ', b'Confirm Password: '):
                    terminal.wait_for(prompt)
                    self.assertFalse(terminal.echoes())
                    terminal.type(b'swordfish\n')
                self.assertEqual(terminal.finish(), 0, terminal.seen)
                self.assertEqual(terminal.seen, b'Enter Password: \r\nConfirm Password: \r\n')
                self.assertIn(words[-1].encode(), (self.root / 'config' / file).read_bytes())

    def test_a_known_password_is_asked_once_and_not_shown(self):
        self.write('postfix-accounts.cf', b'ann@example.com|{PLAIN}swordfish\n')
        terminal = self.at_terminal('email', 'password', '--check', 'ann@example.com')
        terminal.wait_for(b'Enter Password: ')
        terminal.type(b'swordfish\n')
        self.assertEqual((terminal.finish(), terminal.seen), (0, b'Enter Password: \r\n'))

    def test_passwords_that_differ_are_refused(self):
        terminal = self.at_terminal('email', 'add', 'bob@example.com')
        terminal.wait_for(b'Enter Password: ')
        terminal.type(b'swordfish\n')
        terminal.wait_for(b'Confirm Password: ')
        terminal.type(b'sawfish\n')
        self.assertEqual(terminal.finish(), 1)
        self.assertIn(b'Passwords do not match!', terminal.seen)
        self.assertNotIn(b'fish', terminal.seen)

    def test_ctrl_c_and_other_ends_give_the_echo_back(self):
        for number, key in ((signal.SIGINT, b'\x03'), (signal.SIGQUIT, b'\x1c'), (signal.SIGTERM, None), (signal.SIGHUP, None)):
            with self.subTest(signal=number):
                # The terminal outlives mailctl: a shell holds it, too.
                before = (self.root / 'config/postfix-accounts.cf').read_bytes()
                terminal = self.at_terminal('email', 'add', 'bob@example.com')
                terminal.wait_for(b'Enter Password: ')
                holder = os.open(os.readlink(f'/proc/{terminal.pid}/fd/0'), os.O_RDWR | os.O_NOCTTY)
                self.assertFalse(terminal.echoes())
                terminal.type(b'sword')
                terminal.type(key) if key else os.kill(terminal.pid, number)
                self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(terminal.pid, 0)[1]), -number)
                self.assertTrue(terminal.echoes())
                os.close(holder)
                os.close(terminal.end)
                self.assertEqual((self.root / 'config/postfix-accounts.cf').read_bytes(), before)

    def test_the_end_of_input_is_no_password(self):
        terminal = self.at_terminal('email', 'add', 'bob@example.com')
        terminal.wait_for(b'Enter Password: ')
        terminal.type(b'\x04')
        self.assertEqual(terminal.finish(), 1)
        self.assertIn(b'Password must not be empty', terminal.seen)

    def test_colours_are_for_terminals_that_want_them(self):
        for words in (['email', 'list'], ['config', 'check'], ['config', 'show'], ['doctor'], ['email', 'add', 'nodomain', 'x']):
            with self.subTest(words=words):
                coloured = self.shown(*words)
                self.assertRegex(coloured, COLOUR)
                self.assertEqual(coloured.count(b'\x1b[0m') * 2, len(COLOUR.findall(coloured)))
                self.assertRegex(self.shown(*words, NO_COLOR=''), COLOUR)  # no-color.org: when it is not empty
                for environment in ({'NO_COLOR': '1'}, {'TERM': 'dumb'}):
                    self.assertNotRegex(self.shown(*words, **environment), rb'\x1b')
                piped = subprocess.run([MAILCTL, *self.words(*words)], env={'TERM': 'xterm', 'OVERRIDE_HOSTNAME': 'mail.example.com'}, capture_output=True, timeout=60)
                self.assertNotRegex(piped.stdout + piped.stderr, rb'\x1b')
                plain = COLOUR.sub(b'', coloured).replace(b'\r\n', b'\n')
                self.assertEqual(plain, piped.stdout + piped.stderr)

    def test_nothing_in_a_file_steers_a_terminal(self):
        evil = b'\x1b]0;mine\x07\x1b[2J\xc2\x9b2J\xe2\x80\xae'
        self.write('postfix-accounts.cf', b'ann@example.com|{PLAIN}x\nx' + evil + b'|y\n')
        self.write('postfix-virtual.cf', b'a' + evil + b'@example.com ann@example.com\nb@example.com x' + evil + b'\n')
        self.write('dovecot-masters.cf', b'm' + evil + b'|{PLAIN}x\n')
        self.write('postfix-send-access.cf', b's' + evil + b' REJECT\n')
        self.write('mailserver.env', b'NO_SUCH=' + evil + b'\nPOSTMASTER_ADDRESS=' + evil + b'\n')
        for words in (['email', 'list'], ['alias', 'list'], ['dovecot-master', 'list'], ['email', 'restrict', 'list', 'send'], ['config', 'check'],
                      ['config', 'show'], ['doctor'], ['alias', 'resolve', 'b@example.com'], ['email', 'list', '--json'], ['alias', 'list', '--json']):
            with self.subTest(words=words):
                left = COLOUR.sub(b'', self.shown(*words)).replace(b'\r\n', b'\n')
                self.assertNotRegex(left, rb'[\x00-\x09\x0b-\x1f\x7f]')
                if '--json' not in words:
                    self.assertNotIn(b'\xc2\x9b', left)
                    self.assertNotIn(b'\xe2\x80\xae', left)


if __name__ == '__main__':
    unittest.main()
