import {Component, onMounted, onWillUnmount, xml} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {registry} from "@web/core/registry";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

const BETWEEN_LOOKS = 2000;

/**
 * Shows a record again every two seconds, because a job works on it meanwhile.
 *
 * It stands where it is visible only while there is such work; what somebody has typed
 * and not saved yet is left alone.
 */
export class KeepLooking extends Component {
    static template = xml`
        <i class="fa fa-circle-o-notch fa-spin me-2" role="img" aria-hidden="true"/>`;
    static props = {...standardWidgetProps};

    setup() {
        let timer = null;
        let gone = false;
        const look = async () => {
            const {record} = this.props;
            if (!record.dirty) {
                await record.load();
            }
            if (!gone) {
                timer = browser.setTimeout(look, BETWEEN_LOOKS);
            }
        };
        onMounted(() => {
            timer = browser.setTimeout(look, BETWEEN_LOOKS);
        });
        onWillUnmount(() => {
            gone = true;
            browser.clearTimeout(timer);
        });
    }
}

registry.category("view_widgets").add("med_keep_looking", {component: KeepLooking});
