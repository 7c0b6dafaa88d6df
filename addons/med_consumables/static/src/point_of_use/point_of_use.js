import {
    Component,
    onWillStart,
    onWillUnmount,
    useExternalListener,
    useRef,
    useState,
} from "@odoo/owl";
import {browser} from "@web/core/browser/browser";
import {
    BarcodeVideoScanner,
    isBarcodeScannerSupported,
} from "@web/core/barcode/barcode_video_scanner";
import {ConfirmationDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {user} from "@web/core/user";
import {useBus, useService} from "@web/core/utils/hooks";
import {useSetupAction} from "@web/search/action_hook";
import {session} from "@web/session";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {Device} from "./device";
import {ItemSearch} from "./item_search/item_search";
import {withFnc1} from "./scan";
import {ScanCard} from "./scan_card/scan_card";
import {ScanDesk} from "./scan_desk";
import {VisitBar} from "./visit_bar/visit_bar";

const SEND_AGAIN = 15000; // milliseconds
const SAME_CODE = 3000; // a camera sees a pack for longer than one look

/** The screen at the bedside: scan, see what was understood, confirm. */
export class PointOfUse extends Component {
    static template = "med_consumables.PointOfUse";
    static components = {BarcodeVideoScanner, ItemSearch, ScanCard, VisitBar};
    static props = {...standardActionServiceProps};
    static path = "scan-use";
    static displayName = _t("Scan Use");

    setup() {
        this.orm = useService("orm");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.search = useRef("search");
        this.camera = isBarcodeScannerSupported();
        this.seen = {code: "", at: 0};
        this.state = useState({
            departments: [],
            departmentId: false,
            kind: "use",
            visit: null,
            visitsKept: false,
            expectWristband: false,
            scans: [],
            sent: [],
            others: 0,
            half: null,
            lastKey: null,
            mending: null,
            undoable: 0,
            online: true,
            problem: "",
            notice: "",
            notices: [],
            filming: false,
        });
        const device = new Device(browser.localStorage, session.db, user.userId);
        this.desk = new ScanDesk(device, this.orm, this.state);
        useBus(useService("barcode").bus, "barcode_scanned", (event) =>
            this.onCode(event.detail.barcode),
        );
        useExternalListener(window, "online", () => this.desk.sender.send());
        useExternalListener(window, "offline", () => (this.state.online = false));
        useSetupAction({
            beforeLeave: () => this.beforeLeave(),
            beforeUnload: (event) => this.beforeUnload(event),
        });
        const timer = browser.setInterval(() => this.sendAgain(), SEND_AGAIN);
        onWillUnmount(() => browser.clearInterval(timer));
        onWillStart(() => this.desk.open());
    }

    get kinds() {
        return [
            {kind: "use", name: _t("Use"), icon: "fa-medkit"},
            {kind: "return", name: _t("Return"), icon: "fa-reply"},
            {kind: "waste", name: _t("Waste"), icon: "fa-trash"},
        ];
    }

    get placeholder() {
        return this.state.mending
            ? _t("Name or code of the unknown item")
            : _t("Scan, or type a name or code");
    }

    get department() {
        return this.desk.department;
    }

    /** Newest first: what was just scanned is on top. */
    get open() {
        return this.state.scans.filter((scan) => scan.state === "draft").reverse();
    }

    get toMend() {
        return this.state.scans.filter((scan) => scan.state === "mend");
    }

    get unsent() {
        return this.state.scans.filter((scan) => scan.state === "queued");
    }

    get confirmable() {
        return this.desk.drafts.length;
    }

    // ---- What people do --------------------------------------------------------------

    onCode(code) {
        if (this.state.departmentId && code.trim()) {
            this.desk.scanned(withFnc1(code));
        }
    }

    onFilmed(code) {
        const now = Date.now();
        const again = this.seen.code === code && now - this.seen.at < SAME_CODE;
        this.seen = {code, at: now};
        if (!again) {
            this.onCode(code);
        }
    }

    onCameraError(error) {
        this.state.filming = false;
        this.notification.add(error.message, {type: "warning"});
    }

    onDepartment(event) {
        this.desk.chooseDepartment(Number(event.target.value));
        event.target.blur();
    }

    onMend(scan) {
        this.state.mending = scan.key;
        document.querySelector(".o_item_search input")?.focus();
    }

    async find(term) {
        const found = await this.desk.reader.ask("find_items", [
            term,
            this.state.departmentId,
        ]);
        if (found) {
            return found;
        }
        const shelf = this.desk.device.read(`shelf/${this.state.departmentId}`);
        const part = term.toLowerCase();
        return ((shelf && shelf.items) || [])
            .filter(
                (item) =>
                    item.name.toLowerCase().includes(part) ||
                    item.codes.some(([code]) => code.toLowerCase().includes(part)),
            )
            .slice(0, 12);
    }

    sendAgain() {
        if (this.unsent.length) {
            this.desk.sender.send();
        }
        this.desk.followUp();
    }

    // ---- Leaving ---------------------------------------------------------------------

    get waiting() {
        return this.state.scans.length;
    }

    beforeUnload(event) {
        if (this.waiting) {
            event.preventDefault();
            event.returnValue = "";
        }
    }

    beforeLeave() {
        if (!this.waiting) {
            return true;
        }
        return new Promise((resolve) => {
            this.dialog.add(ConfirmationDialog, {
                title: _t("Scans Are Waiting"),
                body: _t(
                    "%(count)s scans are not recorded yet. They stay on this device; " +
                        "open this screen again to send them.",
                    {count: this.waiting},
                ),
                confirmLabel: _t("Leave"),
                cancelLabel: _t("Stay"),
                confirm: () => resolve(true),
                cancel: () => resolve(false),
                dismiss: () => resolve(false),
            });
        });
    }
}

registry.category("actions").add("med_consumables.point_of_use", PointOfUse);
