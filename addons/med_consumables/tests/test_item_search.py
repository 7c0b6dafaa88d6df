from odoo.tests import tagged

from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestItemSearch(ConsumablesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")
        cls.syringe = cls._product(
            "Disposable syringe",
            default_code="HC-0301",
            barcode="6901234567892",
            med_hospital_code="YX0301",
            med_charge_code="SF88001",
            med_insurance_code="C14010200302001",
        )
        cls.syringe.product_tmpl_id.update_field_translations(
            "name", {"zh_CN": "一次性使用无菌注射器 5ml"}
        )
        cls.env["med.udi"].create(
            {
                "di": "16901234567899",
                "product_id": cls.syringe.id,
                "pack_level": "inner",
                "base_units": 100,
            }
        )
        cls.needle = cls._product("注射针头")  # its source is Chinese
        cls.nurse = cls._user(
            "nurse", "med_consumables.group_ward_user", departments=[cls.icu]
        )

    def _found(self, text, model="product.product", lang="en_US"):
        """What a nurse gets in a many2one, as variants."""
        model = self.env[model].with_user(self.nurse).with_context(lang=lang)
        found = model.browse(id_ for id_, _name in model.name_search(text))
        if model._name == "product.template":
            found = found.product_variant_ids
        return found & (self.syringe | self.needle | self.gloves).with_user(self.nurse)

    def test_an_item_is_found_by_name_pinyin_initials_and_every_code(self):
        for text in (
            "disposable syr",
            "注射器",
            "zhusheqi",
            "wjzsq",
            "注射器 5ML",
            "zsq 5ml",
            "HC-0301",
            "yx0301",
            "SF88001",
            "C14010200302001",
            "6901234567892",
            "06901234567892",
            "16901234567899",
            "[HC-0301] Disposable syringe",
        ):
            for model in ("product.product", "product.template"):
                for lang in ("en_US", "zh_CN"):
                    with self.subTest(text=text, model=model, lang=lang):
                        self.assertEqual(self._found(text, model, lang), self.syringe)

    def test_a_scanned_barcode_finds_the_item_of_its_identifier(self):
        scanned = "(01)16901234567899(17)301231(10)L1"
        self.assertEqual(self._found(scanned), self.syringe)
        self.assertEqual(self._found("0116901234567899173012311" + "0L1"), self.syringe)

    def test_characters_and_pinyin_find_the_same_items(self):
        for chinese, full, initials in (
            ("注射", "zhushe", "zs"),
            ("一次性", "yicixing", "ycx"),
            ("针头", "zhentou", "zt"),
        ):
            expected = self._found(chinese)
            self.assertTrue(expected)
            self.assertEqual(self._found(full), expected)
            self.assertLessEqual(expected, self._found(initials))

    def test_search_view_and_many2one_find_the_same(self):
        for text in ("zhushe", "注射", "YX03", "6901"):
            for model in ("product.product", "product.template"):
                records = self.env[model]
                viewed = records.search([("display_name", "ilike", text)])
                picked = [id_ for id_, _name in records.name_search(text, limit=None)]
                self.assertEqual(set(viewed.ids), set(picked))
            by_relation = self.env["med.udi"].search([("product_id", "ilike", text)])
            self.assertEqual(
                by_relation.product_id,
                self.env["product.product"].search(
                    [("display_name", "ilike", text), ("med_udi_ids", "!=", False)]
                ),
            )

    def test_a_new_name_code_or_translation_is_found_at_once_and_the_old_no_more(self):
        self.syringe.with_context(lang="zh_CN").name = "胰岛素笔针"
        self.assertEqual(self._found("yidaosu"), self.syringe)
        self.assertFalse(self._found("wujunzhusheqi"))
        self.syringe.default_code = "HC-0999"
        self.assertEqual(self._found("hc-0999"), self.syringe)
        self.assertFalse(self._found("HC-0301"))
        self.syringe.med_udi_ids.di = "26901234567896"
        self.assertEqual(self._found("26901234567896"), self.syringe)
        self.assertFalse(self._found("16901234567899"))

    def test_the_item_that_bears_exactly_this_code_comes_first(self):
        for number in range(12):
            self._product(f"A {number}", default_code=f"YX0301{number}")
        first = self.env["product.product"].name_search("YX0301", limit=8)[0]
        self.assertEqual(first[0], self.syringe.id)

    def test_an_archived_item_is_found_in_the_archive_only(self):
        self.syringe.product_tmpl_id.action_archive()
        self.assertFalse(self._found("zhusheqi", "product.template"))
        archived = self.env["product.template"].search(
            [("active", "=", False), ("display_name", "ilike", "zhusheqi")]
        )
        self.assertEqual(archived, self.syringe.product_tmpl_id)

    def test_what_is_excluded_is_everything_else(self):
        Product = self.env["product.product"]
        excluded = Product.search([("display_name", "not ilike", "zhushe")])
        self.assertNotIn(self.syringe, excluded)
        self.assertIn(self.gloves, excluded)

    def test_signs_alone_find_nothing_and_break_nothing(self):
        for text in ("()", "，。", "]d2", "(01)123", "%", "\\"):
            self.env["product.product"].name_search(text)
        self.assertFalse(self._found("()"))

    def test_twenty_items_cost_no_more_queries_than_one(self):
        def make(count, prefix):
            self.env["product.product"].create(
                [
                    {"name": f"{prefix}敷料{n}", "med_consumable": True}
                    for n in range(count)
                ]
            )
            self.env.flush_all()

        make(1, "预")
        products = self.gloves | self.syringe | self.needle

        def recompute(records):
            self.env.invalidate_all()
            self.env.add_to_compute(records._fields["med_search_key"], records)
            records.flush_recordset(["med_search_key"])

        recompute(products)
        make(20, "甲")
        many = self.env["product.product"].search([("name", "like", "甲敷料")])
        count = self.env.cr.sql_log_count
        recompute(products)
        few_queries = self.env.cr.sql_log_count - count
        count = self.env.cr.sql_log_count
        recompute(many)
        self.assertLessEqual(self.env.cr.sql_log_count - count, few_queries)
