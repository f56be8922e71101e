#!/usr/bin/env python3
"""Many writers, and writers that die: 40 mailctl at once lose nothing, kill -9 leaves the old file or the new one, a lock
that another program holds is waited for. Usage: writers.py MAILCTL"""
import fcntl, os, pathlib, random, re, subprocess, sys, tempfile, threading, time, unittest

MAILCTL = sys.argv.pop(1) if len(sys.argv) > 1 else 'mailctl'
WRITERS = 40
KILLS = 240
SEED = int(os.environ.get('MAIL_SEED', '1'))
ENVIRONMENT = {'PATH': '/usr/bin:/bin', 'OVERRIDE_HOSTNAME': 'mail.example.com'}
HASH = ['--scheme', 'SSHA512']  # a fast one: what counts here is the file


class Writers(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix='mailctl-writers-')
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        for name in ('config', 'mail', 'state'):
            (self.root / name).mkdir()
        self.accounts = self.root / 'config/postfix-accounts.cf'

    def command(self, *words):
        return [MAILCTL, '--config', str(self.root / 'config'), '--mail', str(self.root / 'mail'),
                '--state', str(self.root / 'state'), *words]

    def run_one(self, *words, **more):
        return subprocess.run(self.command(*words), env=ENVIRONMENT, capture_output=True, text=True, timeout=60, **more)

    def test_40_parallel_writers_lose_nothing(self):
        (self.root / 'config/postfix-virtual.cf').write_text('# written by hand\n')
        failed = []

        def write(i):
            account = f'user{i}@example.com'
            for words in (['email', 'add', account, 'x', *HASH], ['quota', 'set', account, f'{i + 1}M'],
                          ['alias', 'add', 'all@example.com', account], ['alias', 'add', f'alias{i}@example.com', account],
                          ['email', 'update', account, 'y', *HASH], ['email', 'add', f'gone{i}@example.com', 'x', *HASH],
                          ['email', 'del', '-n', f'gone{i}@example.com']):
                done = self.run_one('--wait', '60', *words)
                if (done.returncode, done.stderr) != (0, ''):
                    failed.append((words, done.returncode, done.stderr))
        threads = [threading.Thread(target=write, args=(i,)) for i in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failed, [])
        users = sorted(f'user{i}@example.com' for i in range(WRITERS))
        lines = self.accounts.read_text().splitlines()
        self.assertEqual(sorted(line.split('|')[0] for line in lines), users)
        quotas = (self.root / 'config/dovecot-quotas.cf').read_text().splitlines()
        self.assertEqual(sorted(quotas), sorted(f'user{i}@example.com:{i + 1}M' for i in range(WRITERS)))
        aliases = (self.root / 'config/postfix-virtual.cf').read_text().splitlines()
        self.assertEqual(aliases[0], '# written by hand')
        of_all = [line for line in aliases if line.startswith('all@example.com ')]
        self.assertEqual([sorted(line.split(' ')[1].split(',')) for line in of_all], [users])
        self.assertEqual(sorted(line for line in aliases if line.startswith('alias')),
                         sorted(f'alias{i}@example.com user{i}@example.com' for i in range(WRITERS)))
        self.assertEqual(sorted(os.listdir(self.root / 'config')),
                         ['.libmail.lock', 'dovecot-quotas.cf', 'postfix-accounts.cf', 'postfix-virtual.cf'])

    def test_kill_9_leaves_the_old_file_or_the_new_one(self):
        chosen = random.Random(SEED)
        keep = [f'keep{i}@example.com|{{PLAIN}}x|userdb_home=/srv/{i}' for i in range(2000)]
        self.accounts.write_text('# people\n' + '\n'.join(keep) + '\n')
        begun = time.monotonic()
        self.run_one('email', 'add', 'probe@example.com', 'x', *HASH)
        self.run_one('email', 'del', '-n', 'probe@example.com')
        span = (time.monotonic() - begun) / 2
        line = re.compile(r'x@example\.com\|\{SSHA512\}[A-Za-z0-9+/]+={0,2}')
        old, changed, killed = self.accounts.read_text(), 0, 0
        for i in range(KILLS):
            exists = 'x@example.com|' in old
            words = chosen.choice([['email', 'update', 'x@example.com', f'p{i}', *HASH], ['email', 'del', '-n', 'x@example.com']]
                                  if exists else [['email', 'add', 'x@example.com', f'p{i}', *HASH]])
            # Whoever is killed while a sanitizer looks for leaks complains of that.
            quiet = {**ENVIRONMENT, 'ASAN_OPTIONS': 'detect_leaks=0'}
            process = subprocess.Popen(self.command(*words), env=quiet, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            try:
                process.wait(timeout=chosen.uniform(0, span * 1.2))
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
            _, told = process.communicate()
            self.assertEqual(told, b'', words)
            now = self.accounts.read_text()
            if now != old:
                changed += 1
                lines = now.splitlines()
                self.assertEqual(lines[:2001], ['# people', *keep], f'torn by {words}, seed {SEED}')
                self.assertEqual(len(lines), 2001 if words[1] == 'del' else 2002)
                self.assertTrue(words[1] == 'del' or line.fullmatch(lines[2001]), lines[2001:])
            old = now
        self.assertGreaterEqual(KILLS, 200)
        self.assertGreater(killed, KILLS / 4)
        self.assertGreater(changed, 0)
        # Whoever comes next finds a lock that is free, and nothing that the dead left behind.
        self.assertEqual(self.run_one('--wait', '0', 'email', 'add', 'last@example.com', 'x', *HASH).stderr, '')
        self.assertEqual(sorted(os.listdir(self.root / 'config')), ['.libmail.lock', 'postfix-accounts.cf'])

    def test_a_lock_is_waited_for_as_long_as_wait_says(self):
        with open(self.root / 'config/.libmail.lock', 'w') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            refused = self.run_one('--wait', '0', 'email', 'add', 'a@example.com', 'x', *HASH)
            self.assertEqual((refused.returncode, refused.stdout), (1, ''))
            self.assertRegex(refused.stderr, r"\Amailctl: another program is changing '.*/config'; try again in a moment\n\Z")
            begun = time.monotonic()
            refused = self.run_one('--wait', '1', '--json', 'email', 'add', 'a@example.com', 'x', *HASH)
            self.assertEqual(refused.returncode, 1)
            self.assertGreaterEqual(time.monotonic() - begun, 1)
            self.assertIn('"error"', refused.stdout)
            waiting = subprocess.Popen(self.command('email', 'add', 'a@example.com', 'x', *HASH), env=ENVIRONMENT)
            self.assertFalse(self.accounts.exists())
        self.assertEqual(waiting.wait(timeout=60), 0)
        self.assertRegex(self.accounts.read_text(), r'\Aa@example\.com\|\{SSHA512\}')


if __name__ == '__main__':
    unittest.main()
