import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {isSingle} from "../scan";

/** One scan: what was understood, how many, and what is wrong with it. */
export class ScanCard extends Component {
    static template = "med_consumables.ScanCard";
    static props = {
        scan: Object,
        onQuantity: {type: Function, optional: true},
        onRemove: {type: Function, optional: true},
        onMend: {type: Function, optional: true},
        onTakeBack: {type: Function, optional: true},
    };

    get kind() {
        return {use: _t("Use"), return: _t("Return"), waste: _t("Waste")}[
            this.props.scan.kind
        ];
    }

    get title() {
        return this.props.scan.name || this.props.scan.code;
    }

    get quantity() {
        const {quantity, unit, product_id} = this.props.scan;
        const packs = _t("pack(s)"); // in a template literal the word is not exported
        return `${Number(quantity.toFixed(4))} ${product_id ? unit : packs}`;
    }

    get isUnknown() {
        return !this.props.scan.product_id && !this.props.scan.pack_id;
    }

    /** One thing of its own has no quantity to change. */
    get isSingle() {
        return isSingle(this.props.scan);
    }

    step(by) {
        const quantity = this.props.scan.quantity + by;
        if (quantity > 0) {
            this.props.onQuantity(this.props.scan, quantity);
        }
    }
}
