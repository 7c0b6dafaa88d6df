import {Component} from "@odoo/owl";

/** Whose visit the scans are for: live from the hospital's system, shown, not stored. */
export class VisitBar extends Component {
    static template = "med_consumables.VisitBar";
    static props = {
        visit: {type: [Object, {value: null}], optional: true},
        expected: Boolean,
        kept: Boolean,
        onExpect: Function,
        onEnd: Function,
    };
}
