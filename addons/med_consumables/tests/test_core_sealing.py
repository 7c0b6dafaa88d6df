from odoo.tests import BaseCase

from ..core.sealing import SealError, key_name, new_key_line, read_keyring


class TestSealing(BaseCase):
    def test_only_the_key_that_sealed_opens(self):
        ring, other = read_keyring(new_key_line()), read_keyring(new_key_line())
        sealed = ring.seal(b"MSH|...", "hash")
        self.assertEqual(ring.unseal(sealed, "hash"), b"MSH|...")
        self.assertNotIn(b"MSH", sealed)
        with self.assertRaisesRegex(SealError, "not in the file"):
            other.unseal(sealed, "hash")

    def test_a_content_moved_to_another_record_does_not_open(self):
        ring = read_keyring(new_key_line())
        with self.assertRaises(SealError):
            ring.unseal(ring.seal(b"MSH", "hash"), "another")

    def test_a_changed_content_does_not_open(self):
        ring = read_keyring(new_key_line())
        sealed = ring.seal(b"MSH", "hash")
        for broken in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:10], b""):
            with self.assertRaises(SealError):
                ring.unseal(broken, "hash")

    def test_a_new_key_on_top_opens_the_old_and_keeps_the_tokens(self):
        old = new_key_line()
        before = read_keyring(old)
        after = read_keyring(f"# rotated\n{new_key_line()}\n\n{old}\n")
        self.assertEqual(after.unseal(before.seal(b"MSH", "h"), "h"), b"MSH")
        self.assertEqual(
            after.token("visit", "V1", "1"), before.token("visit", "V1", "1")
        )

    def test_a_sealed_content_names_its_key(self):
        old, new = new_key_line(), new_key_line()
        before, after = read_keyring(old), read_keyring(f"{new}\n{old}")
        self.assertEqual(key_name(before.seal(b"MSH", "h")), before.name)
        self.assertEqual(key_name(after.seal(b"MSH", "h")), after.name)
        self.assertNotEqual(before.name, after.name)

    def test_a_token_is_the_same_for_one_visit_and_another_for_any_other(self):
        ring = read_keyring(new_key_line())
        token = ring.token("visit", "V1", "company 1")
        self.assertEqual(token, ring.token("visit", "V1", "company 1"))
        self.assertNotIn("V1", token)
        others = {
            ring.token("visit", "V2", "company 1"),
            ring.token("account", "V1", "company 1"),
            ring.token("visit", "V1", "company 2"),
        }
        self.assertNotIn(token, others)
        self.assertEqual(len(others), 3)

    def test_a_key_file_that_is_not_one_is_said(self):
        for text in ("", "# only a comment", "not base64!", "c2hvcnQ="):
            with self.subTest(text), self.assertRaises(SealError):
                read_keyring(text)

    def test_keys_do_not_print_themselves(self):
        line = new_key_line()
        self.assertNotIn(line, repr(read_keyring(line)))
        self.assertNotIn("masters", repr(read_keyring(line)))
