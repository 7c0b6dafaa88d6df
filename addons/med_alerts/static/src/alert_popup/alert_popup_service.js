import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";

const TYPES = {critical: "danger", warning: "warning", watch: "info"};

/** Shows an alert on every screen that its person has open, one click from acting. */
export const alertPopupService = {
    dependencies: ["action", "bus_service", "notification"],
    start(env, {action, bus_service: bus, notification}) {
        const open = (ids) =>
            action.doAction({
                type: "ir.actions.act_window",
                name: _t("Alerts"),
                res_model: "med.alert",
                views:
                    ids.length === 1
                        ? [[false, "form"]]
                        : [
                              [false, "list"],
                              [false, "form"],
                          ],
                res_id: ids.length === 1 ? ids[0] : false,
                domain: [["id", "in", ids]],
            });
        bus.subscribe(
            "med_alerts/alert",
            ({title, message, severity, alert_ids: ids}) => {
                const close = notification.add(message, {
                    title,
                    type: TYPES[severity],
                    sticky: severity === "critical",
                    buttons: ids.length ? [{name: _t("View"), onClick}] : [],
                });
                function onClick() {
                    close();
                    open(ids);
                }
            },
        );
        bus.start();
    },
};

registry.category("services").add("med_alerts.popup", alertPopupService);
