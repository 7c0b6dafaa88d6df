"""The picture behind a number, as a planner sees it in a browser.

It is drawn by the page's script, so only a browser can tell whether there is anything
to see: the use of the past weeks, the forecast in its band, the reorder point, in the
planner's language, and nothing that the script complains of.
"""

import pytest

CHART = ".o_med_levels_chart canvas"
# What the chart was given, and where on the picture the reorder point lies. Of that row
# of pixels the share is counted that has the colour of the line.
READ = """
canvas => {
    const chart = Chart.getChart(canvas);
    const sets = chart.data.datasets.map(set => ({
        label: set.label, type: set.type, data: set.data, fill: set.fill || null,
        color: set.borderColor || null,
    }));
    const low = sets.find(set => set.color === "#d9822b");
    const ratio = canvas.width / canvas.clientWidth;
    const middle = chart.scales.stock.getPixelForValue(low.data[0]) * ratio;
    const {left, right} = chart.chartArea;
    const image = canvas.getContext("2d").getImageData(
        left * ratio, Math.round(middle) - 2, (right - left) * ratio, 5
    );
    const hit = new Set();
    for (let at = 0; at < image.data.length; at += 4) {
        const [red, green, blue, alpha] = image.data.slice(at, at + 4);
        const near = Math.abs(red - 217) + Math.abs(green - 130) + Math.abs(blue - 43);
        if (alpha > 100 && near < 90) {
            hit.add((at / 4) % image.width);
        }
    }
    return {sets, weeks: chart.data.labels.length, drawn: hit.size / image.width};
}
"""


@pytest.fixture(scope="module")
def rule(rpc):
    """A rule of a ward with a forecast, and what it says."""
    fields = ["product_min_qty", "product_max_qty", "med_wape", "med_chart"]
    domain = [("med_backtest_count", ">", 0), ("product_min_qty", ">", 20)]
    return rpc("planner")(
        "stock.warehouse.orderpoint", "search_read", domain, fields, limit=1
    )[0]


def open_explanation(page_as, rule):
    page = page_as("planner")
    said = []
    page.on("console", lambda line: line.type == "error" and said.append(line.text))
    page.goto(f"/odoo/reorder-rules/{rule['id']}")
    page.wait_for_selector(CHART, timeout=90_000)
    page.wait_for_timeout(600)  # drawn in the next frame
    return page, said


def test_the_chart_shows_use_band_and_reorder_point(page_as, rule):
    page, said = open_explanation(page_as, rule)
    seen = page.locator(CHART).first.evaluate(READ)
    assert seen["weeks"] == 52 + 13
    by_label = {one["label"]: one for one in seen["sets"]}
    use = next(one for one in seen["sets"] if one["type"] == "bar")
    assert use["data"] == [week["quantity"] for week in rule["med_chart"]["past"]]
    assert sum(value > 0 for value in use["data"]) > 40
    band = next(one for one in seen["sets"] if one["fill"])
    lower = seen["sets"][seen["sets"].index(band) + 1]
    pairs = list(zip(lower["data"], band["data"], strict=True))[52:]
    assert len(pairs) == 13
    assert all(low < high for low, high in pairs)
    assert set(by_label["再订货点"]["data"]) == {rule["product_min_qty"]}
    assert set(by_label["补货上限"]["data"]) == {rule["product_max_qty"]}
    # A dashed line: about three fifths of its row have its colour.
    assert 0.3 < seen["drawn"] < 0.95
    assert said == []
    assert page.errors == []


def test_the_sentence_and_the_errors_stand_beside_it(page_as, rule):
    page, said = open_explanation(page_as, rule)
    story = page.locator(".o_field_widget[name=med_story]").inner_text()
    assert "用历史检验" in story
    shown = page.locator(".o_field_widget[name=med_wape]").inner_text()
    assert float(shown.strip().rstrip("%")) == pytest.approx(
        100 * rule["med_wape"], abs=0.01
    )
    assert said == []
    assert page.errors == []
