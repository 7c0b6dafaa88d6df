from hypothesis import given
from hypothesis import strategies as st
from pypinyin import lazy_pinyin

from odoo.tests import BaseCase

from ..core.search_key import MOST, WINDOW, plain, search_key, words

NAMES = (
    "一次性使用无菌注射器",
    "重组胶原蛋白敷料",
    "加长型气管插管",
    "血管内超声诊断导管",
    "绿色通道急救包",
    "抗菌薇乔可吸收缝线",
    "中心静脉导管",
    "一次性使用血液透析管路",
    "冠状动脉药物洗脱支架",
)


class TestSearchKey(BaseCase):
    def test_every_part_of_a_name_is_found_in_characters_and_in_pinyin(self):
        """As a part is read alone, which may differ from how the whole is read."""
        for name in NAMES:
            key = search_key([name], [])
            for begin in range(len(name)):
                for end in range(begin + 1, len(name) + 1):
                    part = name[begin:end]
                    syllables = lazy_pinyin(part)
                    with self.subTest(part=part):
                        self.assertIn(part, key)
                        self.assertIn("".join(syllables), key)
                        self.assertIn("".join(s[0] for s in syllables), key)

    def test_a_character_with_several_readings_is_found_under_each(self):
        key = search_key(["重力输液器"], [])
        for typed in ("zhongli", "chongli", "zlsyq", "clsyq"):
            self.assertIn(typed, key)

    def test_a_name_with_very_many_readings_stays_short(self):
        name = "重长行乐重长行乐重长行乐"
        key = search_key([name], [])
        self.assertIn("".join(lazy_pinyin(name)), key)
        self.assertLess(len(key.split()), 12 * MOST * WINDOW)

    def test_letters_and_digits_keep_their_place_in_the_pinyin(self):
        key = search_key(["注射器 5ml（带针）"], [])
        self.assertIn("zhusheqi5mldaizhen", key)
        self.assertIn("zsq5mldz", key)

    def test_wide_capital_and_accented_letters_are_plain_ones(self):
        self.assertEqual(plain("ＡＢＣ１２ Zhù Lǜ"), "abc12 zhu lv")
        self.assertEqual(words("  导管（双腔） 5ML "), ["导管(双腔", "5ml"])
        self.assertIn("导管(双腔", search_key(["导管（双腔）"], []))

    def test_a_short_barcode_is_found_by_the_fourteen_digits_of_the_pack(self):
        self.assertIn("06901234567892", search_key([], ["6901234567892"]))

    def test_no_word_is_found_across_two_entries(self):
        self.assertNotIn("b1c", search_key([], ["A-B1", "C2"]))

    @given(st.text(max_size=30))
    def test_whatever_is_typed_in_a_name_finds_it_by_its_own_words(self, name):
        key = search_key([name], [])
        for word in words(name):
            self.assertIn(word, key)
