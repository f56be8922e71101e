#!/usr/bin/env python3
"""sa-learn, the name by which docker-mailserver's cron lines know mailctl.

The lines of its FAQ run as they stand there, as root, in a mount namespace of their own with an empty /var.
Usage: sa_learn.py FOLDER-OF-SA-LEARN"""
import os, pathlib, shutil, subprocess, sys, tempfile, unittest

BIN = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else '.').resolve()
MAIL_USER = 5000

# From docker-mailserver's FAQ: "How can I make SpamAssassin better recognize spam?", the user's cron
# and the system's; then the shapes of its wiki from before.
FAQ = '''
sa-learn --spam /var/mail/example.com/username/.Junk --dbpath /var/mail-state/lib-amavis/.spamassassin
sa-learn --spam /var/mail/example.com/username/.Junk --dbpath /var/mail-state/lib-amavis/.spamassassin > /dev/null
sa-learn --ham /var/mail/example.com/username/.Archive* --dbpath /var/mail-state/lib-amavis/.spamassassin > /dev/null
sa-learn --ham /var/mail/example.com/username/cur* --dbpath /var/mail-state/lib-amavis/.spamassassin > /dev/null
sa-learn --spam /var/mail/not-example.com/*/.Junk --dbpath /var/mail-state/lib-amavis/.spamassassin > /dev/null
sa-learn --ham /var/mail/not-example.com/*/.Archive* --dbpath /var/mail-state/lib-amavis/.spamassassin > /dev/null
sa-learn --ham /var/mail/not-example.com/*/cur* --dbpath /var/mail-state/lib-amavis/.spamassassin > /dev/null
sa-learn --ham /var/mail/example.com/username/.Archives* --dbpath /var/mail-state/lib-amavis/.spamassassin
sa-learn --ham /var/mail/example.com/username/.INBOX.* --dbpath /var/mail-state/lib-amavis/.spamassassin
sa-learn --spam /var/mail/*/*/.Junk --dbpath /var/mail-state/lib-amavis/.spamassassin
'''.strip().splitlines()


def message(words, number):
    return f'From: a{number}@x.example\nSubject: {words}\n\n{words} {number}\n'


class Sandbox:
    """A folder with mail and state; as root, it can also be /var."""

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix='sa-learn-'))
        os.chmod(self.root, 0o755)
        self.mail, self.state = self.root / 'mail', self.root / 'mail-state'
        self.mail.mkdir()
        self.state.mkdir()

    def deliver(self, folder, words, count, where='cur'):
        for name in ('cur', 'new', 'tmp'):
            (self.mail / folder / name).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            name = f'{i}.M{abs(hash(folder)) % 1000}P1.mx,S=9' + (':2,S' if where == 'cur' else '')
            (self.mail / folder / where / name).write_text(message(f'{words} {folder}', i))

    def give_to_mail_user(self):
        for path in [self.mail, self.state, *self.mail.rglob('*')]:
            os.chown(path, MAIL_USER, MAIL_USER)

    def owners(self, below):
        return {(path.stat().st_uid, path.stat().st_gid) for path in below.rglob('*')}

    def run(self, *words, stdin=''):
        return subprocess.run([BIN / 'sa-learn', '--mail', self.mail, '--state', self.state, *words], text=True,
                              input=stdin, capture_output=True, timeout=60)

    def shell(self, line):
        """The line, by a shell for which this folder is /var."""
        script = f'mount --bind "$1" /var && cd / && PATH="$2:$PATH" && {line}'
        return subprocess.run(['unshare', '--mount', 'sh', '-c', script, 'sh', self.root, BIN], text=True,
                              capture_output=True, timeout=60)

    def numbers(self, *words):
        """nspam and nham, as scripts read them from --dump magic."""
        done = self.run('--dump', 'magic', *words)
        assert done.returncode == 0, done
        found = {line.split(': ')[1]: int(line.split()[2]) for line in done.stdout.splitlines()}
        return found['nspam'], found['nham']

    def remove(self):
        shutil.rmtree(self.root)


def may_mount():
    if os.geteuid() != 0:
        return False
    return subprocess.run(['unshare', '--mount', 'true'], capture_output=True, check=False).returncode == 0


class Case(unittest.TestCase):
    def setUp(self):
        self.box = Sandbox()

    def tearDown(self):
        self.box.remove()

    def learned(self, done, learned, examined, said=''):
        self.assertEqual((done.stdout, done.stderr, done.returncode),
                         (f'Learned tokens from {learned} message(s) ({examined} message(s) examined)\n', said, 0))


@unittest.skipUnless(may_mount(), 'needs root and mount namespaces')
class Faq(Case):
    def setUp(self):
        super().setUp()
        self.box.deliver('example.com/username', 'inbox', 2)
        self.box.deliver('example.com/username/.Junk', 'pills', 3)
        self.box.deliver('example.com/username/.Archive', 'minutes', 4)
        self.box.deliver('example.com/username/.Archive.2024', 'older minutes', 5)
        self.box.deliver('example.com/username/.INBOX.Work', 'work', 6)
        for user in ('ann', 'bob'):
            self.box.deliver(f'not-example.com/{user}', 'inbox', 2)
            self.box.deliver(f'not-example.com/{user}/.Junk', 'pills', 2)
        self.box.deliver('not-example.com/ann/.Archive', 'minutes', 4)
        self.box.give_to_mail_user()

    def test_every_line_of_the_faq_runs_as_it_stands_there(self):
        expected = [(3, 0), (3, 0), (3, 9), (3, 11), (7, 11), (7, 15), (7, 19), (7, 19), (7, 25), (7, 25)]
        for line, (spam, ham) in zip(FAQ, expected):
            with self.subTest(line):
                before = self.box.owners(self.box.mail)
                done = self.box.shell(line)
                if '.Archives*' in line:
                    self.assertEqual(done.stderr, "sa-learn: '/var/mail/example.com/username/.Archives*': "
                                     'there is no such file or folder\n')
                else:
                    self.assertEqual((done.stderr, done.returncode), ('', 0))
                self.assertEqual(bool(done.stdout), '/dev/null' not in line)
                self.assertEqual(self.box.numbers(), (spam, ham))
                self.assertEqual(self.box.owners(self.box.mail), before)
                self.assertEqual(self.box.owners(self.box.state), {(MAIL_USER, MAIL_USER)})

    def test_the_host_s_shell_leaves_patterns_to_sa_learn(self):
        done = self.box.shell("sa-learn --ham '/var/mail/not-example.com/*/.Archive*' --dbpath /x")
        self.learned(done, 4, 4)

    def test_the_mail_user_may_go_on_with_what_root_began(self):
        self.box.shell(FAQ[0])
        line = f'setpriv --reuid {MAIL_USER} --regid {MAIL_USER} --clear-groups {FAQ[3]}'
        done = self.box.shell(line)
        self.assertEqual((done.stderr, done.returncode), ('', 0))
        self.assertEqual(self.box.numbers(), (3, 2))


class SaLearn(Case):
    def test_a_folder_below_the_mail_folder_teaches_its_account(self):
        self.box.deliver('example.com/ann/.Junk', 'pills', 3)
        self.box.deliver('example.com/bob/.Junk', 'loans', 2)
        self.learned(self.box.run('--spam', f'{self.box.mail}/example.com/*/.Junk'), 5, 5)
        self.assertEqual(self.box.numbers(), (0, 0))
        self.assertEqual(self.box.numbers('-u', 'ann@example.com'), (3, 0))
        self.assertEqual(self.box.numbers('-u', 'bob@example.com'), (2, 0))
        self.assertTrue((self.box.state / 'bayes/example.com/ann').is_file())

    def test_the_same_message_is_learned_once_and_moved_when_called_the_other(self):
        self.box.deliver('example.com/ann/.Junk', 'pills', 3)
        folder = self.box.mail / 'example.com/ann/.Junk'
        self.learned(self.box.run('--spam', folder), 3, 3)
        self.learned(self.box.run('--spam', folder), 0, 3)
        self.learned(self.box.run('--ham', folder / 'cur'), 3, 3)
        self.assertEqual(self.box.numbers('-u', 'ann@example.com'), (0, 3))
        done = self.box.run('--forget', folder)
        self.assertEqual(done.stdout, 'Forgot tokens from 3 message(s) (3 message(s) examined)\n')
        self.assertEqual(self.box.numbers('-u', 'ann@example.com'), (0, 0))

    def test_mbox_file_folder_and_standard_input(self):
        mbox = self.box.root / 'mbox'
        mbox.write_text(''.join(f'From a@x Thu Jan  1 00:00:00 1970\n{message("pills", i)}From here on, no new one\n\n'
                                for i in range(4)))
        self.learned(self.box.run('--spam', '--mbox', mbox), 4, 4)
        plain = self.box.root / 'plain'
        plain.mkdir()
        (plain / 'one').write_text(message('soup', 1))
        (plain / '.hidden').write_text(message('soup', 2))
        self.learned(self.box.run('--ham', plain, plain / 'one'), 1, 2)
        self.learned(self.box.run('--ham', stdin=message('soup', 3)), 1, 1)
        listed = self.box.root / 'list'
        listed.write_text(f'{plain}\nspam:dir:{plain}\n')
        self.learned(self.box.run('--spam', '-f', listed), 1, 2)
        self.assertEqual(self.box.numbers(), (5, 1))

    def test_what_is_not_there_is_said_and_the_others_are_learned(self):
        self.box.deliver('example.com/ann/.Junk', 'pills', 1)
        gone = self.box.mail / 'example.com/ann/.Archives*'
        said = f"sa-learn: '{gone}': there is no such file or folder\n"
        self.learned(self.box.run('--spam', gone, self.box.mail / 'example.com/ann/.Junk'), 1, 1, said)
        self.assertEqual(self.box.run('--spam', gone).returncode, 1)

    def test_a_backup_gives_back_everything(self):
        self.box.deliver('example.com/ann/.Junk', 'pills', 30)
        self.box.deliver('example.com/ann', 'soup', 30)
        self.box.run('--spam', '--dbpath', '/x', self.box.mail / 'example.com/ann/.Junk')
        self.box.run('--ham', '--dbpath', '/x', self.box.mail / 'example.com/ann')
        saved = self.box.run('--backup').stdout
        self.assertTrue(saved.startswith('v\t3\tdb_version # this must be the first line!!!\nv\t30\tnum_spam\n'
                                         'v\t30\tnum_nonspam\n'))
        file = self.box.root / 'saved'
        file.write_text(saved)
        self.assertEqual(self.box.run('--clear').returncode, 0)
        self.assertEqual(self.box.numbers(), (0, 0))
        self.assertEqual(self.box.run('--restore', file).returncode, 0)
        self.assertEqual(self.box.run('--backup').stdout, saved)
        shutil.rmtree(self.box.state / 'bayes')
        self.assertEqual(self.box.run('--restore', file).returncode, 0)
        self.assertEqual(self.box.run('--backup').stdout, saved)
        other = Sandbox()
        other.run('--ham', stdin='x')
        done = other.run('--restore', file)
        self.assertIn('another key', done.stderr)
        other.remove()

    def test_dump_speaks_spamassassin_s_columns(self):
        self.box.run('--spam', stdin=message('pills', 1))
        lines = self.box.run('--dump').stdout.splitlines()
        self.assertRegex(lines[0], r'^0\.000          0          3          0  non-token data: bayes db version$')
        self.assertRegex(lines[-1], r'^1\.000          1          0 +\d+  [0-9a-f]{10}$')
        self.assertEqual(self.box.run('--dump', 'data').stdout.splitlines(), lines[10:])

    def test_upkeep_and_options_of_others_mean_nothing(self):
        for words in (['--sync'], ['--force-expire'], ['--version'], ['--help']):
            self.assertEqual(self.box.run(*words).returncode, 0)
        done = self.box.run('--ham', '--no-sync', '-L', '--showdots', '-p', '/x', '-C', '/y', '-D', stdin='x')
        self.learned(done, 1, 1)
        for words in ([], ['--ham', '--spam', '/x'], ['--bogus'], ['--dump', 'all-of-it'], ['-f', '/x/y', '--ham']):
            done = self.box.run(*words)
            self.assertEqual((done.returncode, done.stdout), (1, ''))
            self.assertTrue(done.stderr.startswith('sa-learn: '))


class Bootstrap(Case):
    """mailctl spam bootstrap: what the folders of an account say today."""

    def mailctl(self, *words):
        return subprocess.run([BIN / 'mailctl', '--mail', self.box.mail, '--state', self.box.state, 'spam', *words],
                              text=True, capture_output=True, timeout=60)

    def put(self, folder, name, text):
        (self.box.mail / folder / 'cur').mkdir(parents=True, exist_ok=True)
        (self.box.mail / folder / 'cur' / name).write_text(text)

    def test_folders_tell_ham_from_spam(self):
        home = 'example.com/ann'
        self.box.deliver(f'{home}/.Junk', 'pills', 3)
        self.box.deliver(f'{home}/.Archive', 'minutes', 2)
        self.box.deliver(f'{home}/.Archives.2024', 'old minutes', 2)
        self.box.deliver(home, 'read', 2)
        self.box.deliver(f'{home}/.Trash', 'bin', 9)
        self.box.deliver(home, 'unread', 4, 'new')
        self.put(home, '1.x:2,', message('seen by nobody', 1))
        self.put(home, '2.x:2,ST', message('deleted', 1))
        self.put(home, '3.x:2,FS', message('flagged', 1))
        self.put(f'{home}/.Sent', '1.x:2,S', 'Message-ID: <1@example.com>\n\nhello?\n')
        self.put(f'{home}/.Lists', '1.x:2,', 'In-Reply-To: <1@example.com>\n\nyes\n')
        self.put(f'{home}/.Lists', '2.x:2,', 'References: <0@x>\n <1@example.com>\n\nyes, again\n')
        self.put(f'{home}/.Lists', '3.x:2,S', 'References: <2@example.com>\n\nsomething else\n')
        done = self.mailctl('bootstrap', 'ann@example.com')
        self.assertEqual((done.stdout, done.stderr, done.returncode), (
            'Found 3 spam and 9 ham message(s)\n'
            'Learned tokens from 12 message(s) (12 message(s) examined)\n', '', 0))
        self.assertEqual(self.box.numbers('-u', 'ann@example.com'), (3, 9))
        self.assertEqual(self.box.numbers(), (0, 0))
        self.assertIn('Learned tokens from 0 ', self.mailctl('bootstrap', 'ann@example.com').stdout)

    def test_who_has_no_mail_is_told(self):
        for account in ('bob@example.com', 'bob', '../x@y', 'a@.', '@example.com'):
            done = self.mailctl('bootstrap', account)
            self.assertEqual((done.returncode, done.stdout), (1, ''))
            self.assertTrue(done.stderr.startswith(f"mailctl: '{account}' "), done.stderr)


if __name__ == '__main__':
    unittest.main()
