/** Projected stock of an alert: a line for the stock, one for the threshold. */
import {Component, onWillStart, useEffect, useRef} from "@odoo/owl";
import {loadBundle} from "@web/core/assets";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

export class MedAlertProjection extends Component {
    static template = "med_alerts.Projection";
    static props = {...standardFieldProps};

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => {
                if (!this.projection) {
                    return;
                }
                const chart = new Chart(this.canvas.el, this.config);
                return () => chart.destroy();
            },
            () => [JSON.stringify(this.projection)],
        );
    }

    get projection() {
        return this.props.record.data[this.props.name];
    }

    get config() {
        const {days, levels, threshold, labels} = this.projection;
        const datasets = [
            {
                label: labels.stock,
                data: levels,
                borderColor: "#017e84",
                backgroundColor: "rgba(1, 126, 132, 0.15)",
                fill: true,
                stepped: "after",
                pointRadius: 0,
            },
        ];
        if (threshold !== null && threshold !== undefined) {
            datasets.push({
                label: labels.threshold,
                data: days.map(() => threshold),
                borderColor: "#d9534f",
                borderDash: [6, 4],
                pointRadius: 0,
            });
        }
        return {
            type: "line",
            data: {labels: days, datasets},
            options: {
                maintainAspectRatio: false,
                animation: false,
                interaction: {mode: "index", intersect: false},
                scales: {
                    x: {ticks: {maxTicksLimit: 7, maxRotation: 0}},
                    y: {beginAtZero: true},
                },
            },
        };
    }
}

registry.category("fields").add("med_alert_projection", {
    component: MedAlertProjection,
    supportedTypes: ["json"],
});
