#!/usr/bin/env python3
"""mailctl spam learn beside others: two processes lose nothing of each other, nor does one that is killed at any moment;
Ctrl-C is heard while another one trains; a terminal sees a bar. Usage: spam_training.py MAILCTL"""
import fcntl, json, os, pathlib, pty, random, signal, subprocess, sys, tempfile, time, unittest

MAILCTL = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else 'mailctl'


def message(words, number):
    rest = ' '.join(f'w{number * 31 % 977}x{k}' for k in range(40))
    return f'From: a{number}@x.example\nSubject: {words}\n\n{words} {number} {rest}\n'


class Training(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix='spam-training-')
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        (self.root / 'mail').mkdir()

    def fill(self, name, words, count):
        (self.root / name).mkdir()
        for i in range(count):
            (self.root / name / f'{i:04}').write_text(message(f'{words} {name}', i))
        return self.root / name

    def words(self, *words, state='state'):
        return [MAILCTL, '--mail', self.root / 'mail', '--state', self.root / state, 'spam', *words]

    def run_spam(self, *words, state='state'):
        done = subprocess.run(self.words(*words, state=state), capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def stats(self, state='state'):
        return json.loads(self.run_spam('stats', '--json', state=state))

    def start(self, *words, state='state'):
        return subprocess.Popen(self.words(*words, state=state), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def test_two_processes_lose_nothing_of_each_other(self):
        ham, spam = self.fill('ham', 'minutes', 40), self.fill('spam', 'pills', 40)
        started = []
        for i in range(0, 40, 4):
            part = [str(path) for path in sorted(ham.iterdir())[i:i + 4]]
            other = [str(path) for path in sorted(spam.iterdir())[i:i + 4]]
            started += [self.start('learn', '--ham', *part), self.start('learn', '--spam', *other)]
            if len(started) >= 4:
                self.assertEqual([process.wait(timeout=60) for process in started], [0] * len(started))
                started = []
        self.assertEqual([process.wait(timeout=60) for process in started], [0] * len(started))
        self.run_spam('learn', '--ham', str(ham), state='alone')
        self.run_spam('learn', '--spam', str(spam), state='alone')
        self.assertEqual(self.stats(), self.stats('alone'))
        self.assertEqual(self.stats()['ham'], 40)

    def test_killed_at_any_moment_it_holds_whole_messages_and_goes_on(self):
        ham = self.fill('ham', 'minutes', 400)
        begin = time.monotonic()
        self.run_spam('learn', '--ham', str(ham), state='whole')
        whole = time.monotonic() - begin
        wanted, seed = self.stats('whole'), random.Random(7)
        for attempt in range(12):
            process = self.start('learn', '--ham', str(ham))
            try:
                process.wait(timeout=seed.uniform(0, whole))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            now = self.stats()
            self.assertEqual(now['spam'], 0)
            self.assertLessEqual(now['ham'], 400)
        self.run_spam('learn', '--ham', str(ham))
        self.assertEqual(self.stats(), wanted)
        self.assertEqual(list((self.root / 'state/bayes').glob('*.damaged*')), [])

    def test_control_c_is_heard_while_another_trains(self):
        ham = self.fill('ham', 'minutes', 3)
        self.run_spam('learn', '--ham', str(ham))
        with open(self.root / 'state/bayes/global.lock', 'r+b') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            process = self.start('learn', '--ham', str(ham))
            with self.assertRaises(subprocess.TimeoutExpired):
                process.wait(timeout=0.5)  # it waits
            begin = time.monotonic()
            process.send_signal(signal.SIGINT)
            self.assertNotEqual(process.wait(timeout=60), 0)
            self.assertLess(time.monotonic() - begin, 1)

    def test_control_c_is_heard_while_it_learns(self):
        ham = self.fill('ham', 'minutes', 3000)
        process = self.start('learn', '--ham', str(ham))
        while not (self.root / 'state/bayes/global.journal').exists():  # until it has begun
            self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        begin = time.monotonic()
        self.assertNotEqual(process.wait(timeout=60), 0)
        self.assertLess(time.monotonic() - begin, 1)
        self.run_spam('learn', '--ham', str(ham))
        self.assertEqual(self.stats()['ham'], 3000)

    def test_an_account_is_told_what_its_own_and_the_server_s_table_say(self):
        ham, spam = self.fill('ham', 'minutes', 60), self.fill('spam', 'pills', 60)
        self.run_spam('learn', '--ham', str(ham))
        self.run_spam('learn', '--spam', str(spam))
        mail = self.root / 'mail.eml'
        mail.write_text(message('pills spam', 999))
        self.assertTrue(self.run_spam('classify', str(mail)).startswith('spam '))
        # Whoever has taught nothing is told what the server knows; whoever has, that four times as much.
        self.assertTrue(self.run_spam('classify', '--account', 'ann@example.com', str(mail)).startswith('spam '))
        self.run_spam('learn', '--ham', '--account', 'ann@example.com', str(spam))
        self.run_spam('learn', '--spam', '--account', 'ann@example.com', str(ham))
        self.assertTrue(self.run_spam('classify', '--account', 'ann@example.com', str(mail)).startswith('ham '))
        self.assertTrue(self.run_spam('classify', str(mail)).startswith('spam '))
        why = json.loads(self.run_spam('explain', '--json', '--account', 'ann@example.com', str(mail)))
        self.assertEqual([(r['ham'], r['spam']) for r in why['reasons'] if r['token'] == 'pills'], [(240, 60)])

    def test_a_terminal_sees_a_bar_and_a_file_does_not(self):
        ham = self.fill('ham', 'minutes', 200)
        pid, end = pty.fork()
        if pid == 0:
            words = [str(word) for word in self.words('learn', '--ham', ham)]
            os.execve(MAILCTL, words, {'PATH': '/usr/bin:/bin', 'TERM': 'xterm'})
        seen = b''
        try:
            while octets := os.read(end, 4096):
                seen += octets
        except OSError:
            pass  # the other end is closed
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        os.close(end)
        self.assertIn(b'[=', seen)
        self.assertIn(b'100 %  200 messages', seen)
        self.assertIn(b'\r\x1b[K', seen)  # and the line is free again
        self.assertIn(b'Learned tokens from 200', seen)
        done = subprocess.run(self.words('forget', str(ham)), capture_output=True, timeout=60)
        self.assertEqual(done.stderr, b'')


if __name__ == '__main__':
    unittest.main()
