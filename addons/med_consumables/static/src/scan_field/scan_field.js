import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {Component, xml} from "@odoo/owl";
import {ScanInput} from "./scan_input";
import {playScanSound} from "./scan_sounds";

/**
 * A Char field that is written by scanning; its onchange reads the code and empties it.
 *
 * The option ``level_field`` names the field whose value (ok, warning, error) sounds
 * after each scan.
 */
export class ScanField extends Component {
    static template = xml`
        <ScanInput onScan.bind="onScan" placeholder="props.placeholder" id="props.id"
            disabled="props.readonly"/>`;
    static components = {ScanInput};
    static props = {
        ...standardFieldProps,
        placeholder: {type: String, optional: true},
        levelField: {type: String, optional: true},
    };

    async onScan(code) {
        const {record, name, levelField} = this.props;
        await record.update({[name]: code});
        playScanSound(record.data[levelField] || "ok");
    }
}

export const scanField = {
    component: ScanField,
    supportedTypes: ["char"],
    extractProps: ({options, placeholder}) => ({
        placeholder,
        levelField: options.level_field,
    }),
};

registry.category("fields").add("med_scan", scanField);
