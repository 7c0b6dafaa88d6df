import {Component, onWillStart, onWillUnmount, useEffect, useRef} from "@odoo/owl";
import {loadBundle} from "@web/core/assets";
import {formatDate} from "@web/core/l10n/dates";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {formatFloat} from "@web/views/fields/formatters";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

const {DateTime} = luxon;
const COLORS = {
    use: "#9bb7d4",
    left_out: "#d9d9d9",
    mean: "#2f6fb2",
    band: "rgba(47, 111, 178, 0.15)",
    stock: "#3c9d6e",
    low: "#d9822b",
    top: "#8a6fb0",
    delivery: "#3c9d6e",
    expiry: "#c0392b",
};

/** Past use, forecast with its band, stock to come, levels, deliveries and expiries. */
export class LevelsChart extends Component {
    static template = "med_replenishment.LevelsChart";
    static props = {...standardFieldProps};

    setup() {
        this.canvas = useRef("canvas");
        this.chart = null;
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => this.draw(),
            () => [JSON.stringify(this.data)],
        );
        onWillUnmount(() => this.chart?.destroy());
    }

    get data() {
        return this.props.record.data[this.props.name];
    }

    get isEmpty() {
        return (
            !this.data ||
            !(this.data.past.some((week) => week.quantity) || this.data.coming.length)
        );
    }

    /** What a screen reader says instead of the picture. */
    get summary() {
        const {stock_now, unit, reorder_point, order_up_to} = this.data;
        return _t(
            "%(stock)s %(unit)s usable now; reorder at %(low)s, order up to %(top)s.",
            {
                stock: this.number(stock_now),
                unit,
                low: this.number(reorder_point),
                top: this.number(order_up_to),
            },
        );
    }

    number(value) {
        return formatFloat(value, {digits: [16, 2], trailingZeros: false});
    }

    draw() {
        this.chart?.destroy();
        this.chart = null;
        if (!this.canvas.el || this.isEmpty) {
            return;
        }
        this.chart = new Chart(this.canvas.el, {
            data: {labels: this.labels, datasets: this.datasets},
            options: this.options,
        });
    }

    get weeks() {
        return [...this.data.past, ...this.data.coming].map((week) => week.date);
    }

    get labels() {
        return this.weeks.map((date) => formatDate(DateTime.fromISO(date)));
    }

    /** Place of a day on the axis: the week in which it lies. */
    weekOf(date) {
        const weeks = this.weeks;
        const found = weeks.findIndex((week) => week > date);
        return found === -1 ? weeks.length - 1 : Math.max(found - 1, 0);
    }

    /** ``values`` of the coming weeks after the empty weeks of the past. */
    coming(pick, withNow) {
        const past = this.data.past.map(() => null);
        if (withNow !== undefined && past.length) {
            past[past.length - 1] = withNow;
        }
        return [...past, ...this.data.coming.map(pick)];
    }

    events(events) {
        const values = this.weeks.map(() => null);
        for (const event of events) {
            const week = this.weekOf(event.date);
            values[week] = (values[week] || 0) + event.quantity;
        }
        return values;
    }

    get datasets() {
        const {past, coming, deliveries, expiries} = this.data;
        const line = {type: "line", pointRadius: 0, borderWidth: 2, tension: 0.2};
        const level = {...line, borderDash: [6, 4], borderWidth: 1.5, yAxisID: "stock"};
        const all = this.weeks;
        const bar = {type: "bar", stack: "use", yAxisID: "use", order: 3};
        const marks = {type: "line", showLine: false, yAxisID: "stock", pointRadius: 6};
        const sets = [
            {
                ...bar,
                label: _t("Use a week"),
                data: past.map((week) => week.quantity),
                backgroundColor: COLORS.use,
            },
        ];
        if (past.some((week) => week.one_off)) {
            sets.push({
                ...bar,
                label: _t("Left out: one-off"),
                data: past.map((week) => week.one_off || null),
                backgroundColor: COLORS.left_out,
            });
        }
        if (coming.length) {
            sets.push(
                {
                    ...line,
                    label: _t("Forecast a week"),
                    data: this.coming((week) => week.mean),
                    borderColor: COLORS.mean,
                    backgroundColor: COLORS.mean,
                    yAxisID: "use",
                },
                {
                    ...line,
                    label: _t("Nine of ten weeks"),
                    data: this.coming((week) => week.high),
                    borderWidth: 0,
                    backgroundColor: COLORS.band,
                    fill: "+1",
                    yAxisID: "use",
                },
                {
                    ...line,
                    label: "",
                    data: this.coming((week) => week.low),
                    borderWidth: 0,
                    yAxisID: "use",
                },
                {
                    ...line,
                    label: _t("Stock if nothing is ordered"),
                    data: this.coming((week) => week.stock, this.data.stock_now),
                    borderColor: COLORS.stock,
                    backgroundColor: COLORS.stock,
                    yAxisID: "stock",
                },
            );
        }
        sets.push(
            {
                ...level,
                label: _t("Reorder point"),
                data: all.map(() => this.data.reorder_point),
                borderColor: COLORS.low,
                backgroundColor: COLORS.low,
            },
            {
                ...level,
                label: _t("Order up to"),
                data: all.map(() => this.data.order_up_to),
                borderColor: COLORS.top,
                backgroundColor: COLORS.top,
            },
        );
        if (deliveries.length) {
            sets.push({
                ...marks,
                label: _t("Deliveries"),
                data: this.events(deliveries),
                pointStyle: "triangle",
                backgroundColor: COLORS.delivery,
                borderColor: COLORS.delivery,
            });
        }
        if (expiries.length) {
            sets.push({
                ...marks,
                label: _t("Expires unused"),
                data: this.events(expiries),
                pointStyle: "crossRot",
                backgroundColor: COLORS.expiry,
                borderColor: COLORS.expiry,
                borderWidth: 3,
            });
        }
        return sets;
    }

    get options() {
        const axis = (title, position, grid) => ({
            title: {display: true, text: `${title} (${this.data.unit})`},
            position,
            beginAtZero: true,
            grid: {drawOnChartArea: grid},
        });
        return {
            maintainAspectRatio: false,
            animation: false,
            interaction: {mode: "index", intersect: false},
            plugins: {
                legend: {
                    position: "bottom",
                    labels: {usePointStyle: true, filter: (item) => item.text},
                },
                tooltip: {
                    filter: (item) => item.dataset.label && item.raw !== null,
                    callbacks: {
                        label: (item) =>
                            `${item.dataset.label}: ${this.number(item.raw)}`,
                    },
                },
            },
            scales: {
                x: {ticks: {maxTicksLimit: 14}, grid: {display: false}, stacked: true},
                use: axis(_t("Use a week"), "left", true),
                stock: axis(_t("Stock"), "right", false),
            },
        };
    }
}

export const levelsChart = {
    component: LevelsChart,
    displayName: _t("Chart of use and stock"),
    supportedTypes: ["json"],
};

registry.category("fields").add("med_levels_chart", levelsChart);
