#!/usr/bin/env python3
"""libmail with threads, and in the child of a fork."""

import multiprocessing
import os
import pathlib
import signal
import tempfile
import threading
import unittest

import libmail

LETTER = b"Subject: one\r\n\r\nbody\r\n"


def in_child(work):
    """What `work` returned in the child of a fork. A child that hangs is ended, and fails the test."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(60)
        try:
            answer = repr(work())
        except BaseException as error:
            answer = f"{type(error).__name__}: {error}"
        os.write(writing, answer.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    _, status = os.waitpid(child, 0)
    return text if status == 0 else f"the child ended with {status}"


class Background:
    """Threads that call `work` again and again until the end of a `with`."""

    def __init__(self, *works):
        self.stop = threading.Event()
        self.errors = []
        self.threads = [threading.Thread(target=self.run, args=(work,)) for work in works]

    def run(self, work):
        try:
            while not self.stop.is_set():
                work()
        except Exception as error:
            self.errors.append(error)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *exception):
        self.stop.set()
        for thread in self.threads:
            thread.join()
        if self.errors and not any(exception):
            raise self.errors[0]


class Base(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.config = self.folder / "config"
        self.config.mkdir()
        (self.config / "postfix-accounts.cf").write_text("ann@example.com|{PLAIN}x\n")
        (self.config / "postfix-regexp.cf").write_text("/^(.*)-list@example.com$/ ann+$1@example.com\n")

    def maildir(self):
        return libmail.Maildir(self.folder / "mail", "ann@example.com", create=True)


class Fork(Base):
    def test_a_child_can_use_everything_while_threads_of_its_parent_work(self):
        directory, maildir = libmail.Directory(self.config), self.maildir()
        bayes = libmail.Bayes(self.folder / "bayes")
        numbers = iter(range(10**9))

        def use():
            number = next(numbers)
            directory.set_quota("ann@example.com", number)
            assert directory.resolve(f"{number}-list@example.com").verdict == "deliverable"
            uid = maildir.inbox.append(LETTER)
            maildir.inbox.delete([uid])
            bayes.train(b"Subject: %d\r\n\r\nwords %d\r\n" % (number, number), "ham")
            return directory.verify_password("ann@example.com", "x")

        use()
        with Background(use, use, use):
            for _ in range(10):
                self.assertEqual(in_child(use), "True")
        self.assertEqual([message.uid for message in maildir.inbox], [])

    def test_parent_and_children_never_give_one_uid_twice(self):
        maildir = self.maildir()

        def append():
            return [maildir.inbox.append(LETTER) for _ in range(20)]

        maildir.inbox.append(LETTER)
        uids = []
        with Background(lambda: uids.append(maildir.inbox.append(LETTER))):
            for _ in range(3):
                uids += eval(in_child(append))
        self.assertEqual(len(uids), len(set(uids)))
        self.assertEqual(len(maildir.inbox), len(uids) + 1)

    def test_a_transaction_is_its_parent_s_and_ends_there(self):
        directory = libmail.Directory(self.config, lock_wait=0)

        def edit_another():
            libmail.Directory(self.config, lock_wait=0).suspend_account("ann@example.com")

        with directory.transaction() as edit:
            edit.add_account("bob@example.com", stored="{PLAIN}x")
            self.assertRegex(in_child(lambda: edit.suspend_account("bob@example.com")), "FailedPrecondition: .*process")
            self.assertRegex(in_child(lambda: edit.__exit__(None, None, None)), "FailedPrecondition")
            # The child's end has not let the lock go.
            self.assertRegex(in_child(edit_another), "Unavailable")
            self.assertNotIn("bob@example.com", libmail.Directory(self.config))
        self.assertIn("bob@example.com", directory)

    def test_a_child_that_lives_on_does_not_keep_the_lock(self):
        directory = libmail.Directory(self.config, lock_wait=0)
        reading, writing = os.pipe()
        with directory.transaction() as edit:
            edit.suspend_account("ann@example.com")
            child = os.fork()
            if child == 0:
                signal.alarm(60)
                os.close(writing)
                os.read(reading, 1)
                os._exit(0)
        directory.resume_account("ann@example.com")
        os.close(writing)
        os.waitpid(child, 0)
        os.close(reading)

    def test_processes_of_multiprocessing_lose_no_edit(self):
        libmail.Directory(self.config)
        for method in ("fork", "spawn"):
            context = multiprocessing.get_context(method)
            workers = [context.Process(target=add_accounts, args=(self.config, f"{method}{n}")) for n in range(4)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
                self.assertEqual(worker.exitcode, 0)
        self.assertEqual(len(libmail.Directory(self.config)), 1 + 2 * 4 * 5)


def add_accounts(config, name):
    directory = libmail.Directory(config)
    for number in range(5):
        directory.add_account(f"{name}-{number}@example.com", stored="{PLAIN}x")


class Threads(Base):
    def test_many_threads_on_one_directory_lose_no_edit(self):
        directory = libmail.Directory(self.config)

        def work(name):
            for number in range(10):
                directory.add_account(f"{name}-{number}@example.com", stored="{PLAIN}x")
                assert f"{name}-{number}@example.com" in directory
                assert directory.resolve(f"{name}-list@example.com").verdict == "deliverable"

        self.together([lambda name=f"t{n}": work(name) for n in range(8)])
        self.assertEqual(len(directory), 81)

    def test_many_threads_on_one_maildir_lose_no_message(self):
        maildir = self.maildir()
        archive = maildir.create_folder("Archive")

        def work():
            for _ in range(10):
                uid = maildir.inbox.append(LETTER)
                maildir.inbox.add_flags([uid], "\\Seen")
                assert maildir.inbox.move([uid], archive)
                len(maildir.inbox), maildir.folders

        self.together([work] * 8)
        self.assertEqual((len(maildir.inbox), len(archive)), (0, 80))
        self.assertTrue(all(message.flags == {"\\Seen"} for message in archive))

    def test_threads_that_share_a_transaction_take_turns(self):
        directory = libmail.Directory(self.config)
        with directory.transaction() as edit:
            self.together([lambda n=n: edit.add_account(f"t{n}@example.com", stored="{PLAIN}x") for n in range(20)])
        self.assertEqual(len(directory), 21)

    def together(self, works):
        errors = []

        def run(work):
            try:
                work()
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=run, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])


if __name__ == "__main__":
    unittest.main()
