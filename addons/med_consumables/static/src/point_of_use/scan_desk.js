import {_t} from "@web/core/l10n/translation";
import {CodeReader} from "./code_reader";
import {ScanSender} from "./scan_sender";
import {isSame, isSameThing, isSingle, newKey, understood} from "./scan";
import {signal} from "./signal";
import {isWristband} from "./wristband";

const SENT_SHOWN = 20;

/**
 * What happens at the bedside, without its looks: a code becomes a scan on the device,
 * a confirmed scan goes to the ledger. ``state`` is what the screen shows.
 */
export class ScanDesk {
    constructor(device, orm, state) {
        this.device = device;
        this.orm = orm;
        this.state = state;
        this.steps = []; // what "undo" takes back, newest last
        this.reader = new CodeReader(device, orm, (online) => (state.online = online));
        this.sender = new ScanSender(device, orm, {
            reached: (online) => (state.online = online),
            refused: (message) => (state.problem = message),
            recorded: (scan, warnings) => this.recorded(scan, warnings),
            mend: () => this.mend(),
        });
    }

    async open() {
        const asked = await this.reader.ask("open_screen", []);
        if (asked) {
            this.device.write("open", asked);
        }
        const known = asked || this.device.read("open") || {departments: []};
        this.state.departments = known.departments;
        this.state.visitsKept = Boolean(known.visits);
        this.follows = Boolean(known.follows);
        const remembered = this.device.read("department");
        const own = known.departments.filter((department) => department.own);
        const first = known.departments.find((d) => d.id === remembered) || own[0];
        this.state.departmentId = (first || known.departments[0] || {}).id || false;
        this.load();
    }

    /** Show what the device keeps; fetch the shelf; send what waits. */
    load() {
        this.state.scans = this.device.scans();
        this.state.others = this.device.scansOfOthers();
        if (this.state.departmentId) {
            this.reader.takeAlong(this.state.departmentId);
            this.followUp();
        }
        return this.sender.send();
    }

    get department() {
        return (
            this.state.departments.find((d) => d.id === this.state.departmentId) || {}
        );
    }

    chooseDepartment(id) {
        this.state.departmentId = id;
        this.state.visit = null;
        this.state.half = null;
        this.device.write("department", id);
        this.followUp();
        return this.reader.takeAlong(id);
    }

    /** What became of the scans beyond the ledger, such as their charge. */
    async followUp() {
        if (!this.follows || !this.state.departmentId) {
            return;
        }
        const id = this.state.departmentId;
        const keys = this.state.sent.map((scan) => scan.key);
        const found = await this.reader.ask("follow_up", [id, keys]);
        if (found && id === this.state.departmentId) {
            this.state.notices = found.notices;
            this.state.sent = this.state.sent.map((scan) => ({
                ...scan,
                fate: found.scans[scan.key],
            }));
        }
    }

    // ---- Scanning -------------------------------------------------------------------

    /** One code after the other, in the order in which they were scanned. */
    scanned(code) {
        const at = new Date().toISOString();
        this.reading = (this.reading || Promise.resolve()).then(() =>
            this.take(code, at),
        );
        return this.reading;
    }

    async take(code, at) {
        if (
            this.state.expectWristband ||
            isWristband(code, this.department.wristbands)
        ) {
            return this.wristband(code);
        }
        const last = this.lastDraft();
        const first = this.state.half || this.incomplete(last);
        const read = await this.reader.read(code, this.state.departmentId, first);
        if (read.kind === "visit") {
            return this.wristband(code);
        }
        if (read.kind === "department") {
            return this.departmentScanned(read);
        }
        if (read.kind === "production" && !read.merged) {
            return this.waitForOther(read);
        }
        return this.itemScanned(read, last, code, at);
    }

    itemScanned(read, last, code, at) {
        if (read.merged && last && !this.state.half) {
            return this.complete(last, read, code);
        }
        const first_code = this.state.half?.code || "";
        return this.add(understood(read), {code, first_code, at});
    }

    /** What was read of a pack whose second barcode may follow. */
    incomplete(scan) {
        return scan && scan.read && !scan.read.batch && !isSingle(scan)
            ? scan.read
            : null;
    }

    departmentScanned(read) {
        const department = this.state.departments.find(
            (d) => d.id === read.department_id,
        );
        this.state.notice = department ? "" : read.label;
        signal(department ? "ok" : "warning");
        return department && this.chooseDepartment(department.id);
    }

    waitForOther(read) {
        this.state.half = read;
        this.state.notice = _t(
            "This is the second barcode of a pack: scan the other one now.",
        );
        signal("warning");
    }

    async wristband(code) {
        this.state.expectWristband = false;
        const visit = await this.reader.ask("read_wristband", [
            code,
            this.state.departmentId,
        ]);
        this.state.visit = visit
            ? {...visit, kept: Boolean(visit.token)}
            : {
                  code,
                  label: "",
                  warnings: [],
                  kept: this.state.visitsKept,
                  offline: true,
              };
        signal(this.state.visit.warnings.length ? "danger" : "ok");
    }

    /** An item chosen by name. */
    choose(item) {
        const mending = this.state.scans.find(
            (scan) => scan.key === this.state.mending,
        );
        const values = understood({...item, kind: "item", quantity: 1});
        if (mending) {
            this.state.mending = null;
            const {quantity, lot_name, serial} = mending;
            this.put({
                ...mending,
                ...values,
                quantity,
                lot_name,
                serial,
                state: "draft",
            });
            return signal("ok");
        }
        this.add(values, {code: "", first_code: "", at: new Date().toISOString()});
    }

    add(values, {code, first_code, at}) {
        this.state.notice = "";
        this.state.half = null;
        const scan = {
            key: newKey(),
            state: "draft",
            order: `${at}/${this.state.scans.length.toString().padStart(6, "0")}`,
            department_id: this.state.departmentId,
            kind: this.state.kind,
            scanned_at: at,
            code,
            first_code,
            token: this.state.visit?.token || "",
            visit_code: this.state.visit?.code || "",
            ...values,
        };
        const twin = this.state.scans.find((other) => isSame(other, scan));
        if (twin) {
            this.steps.push(twin);
            this.put({...twin, quantity: twin.quantity + scan.quantity});
        } else if (this.state.scans.some((other) => isSameThing(other, scan))) {
            this.state.notice = _t("This piece is on the list already.");
            return signal("warning");
        } else {
            this.steps.push({key: scan.key, state: "new"});
            this.put(scan);
        }
        this.state.lastKey = (twin || scan).key;
        signal(scan.level);
    }

    /** The second barcode of a pack says lot and expiry of the first. */
    complete(scan, read, code) {
        this.steps.push(scan);
        const {quantity} = scan;
        const first_code = scan.code;
        this.put({...scan, ...understood(read), quantity, code, first_code});
        signal(this.state.scans.find((s) => s.key === scan.key).level);
    }

    lastDraft() {
        const last = this.state.scans.find((scan) => scan.key === this.state.lastKey);
        return last && last.state === "draft" ? last : null;
    }

    // ---- Changing one's mind --------------------------------------------------------

    setQuantity(scan, quantity) {
        if (quantity > 0 && scan.state !== "queued" && !isSingle(scan)) {
            this.steps.push(scan);
            this.put({...scan, quantity});
        }
    }

    remove(scan) {
        this.steps.push(scan);
        this.drop(scan.key);
    }

    undo() {
        const step = this.steps.pop();
        if (step && step.state === "new") {
            this.drop(step.key);
        } else if (step) {
            this.put(step);
        }
        this.state.undoable = this.steps.length;
    }

    /**
     * Take back what is confirmed: the ledger gets a return of it. A scan that never
     * left the device is just forgotten.
     */
    takeBack(scan) {
        const kept = this.device.scans().find((other) => other.key === scan.key);
        if (kept && !kept.tried) {
            return this.drop(scan.key);
        }
        this.state.sent = this.state.sent.filter((other) => other.key !== scan.key);
        const at = new Date().toISOString();
        this.put({
            ...scan,
            key: newKey(),
            kind: "return",
            reverses: scan.key,
            state: "queued",
            tried: false,
            order: at,
            scanned_at: at,
        });
        return this.sender.send();
    }

    // ---- Sending --------------------------------------------------------------------

    confirm() {
        for (const scan of this.drafts) {
            this.put({...scan, state: "queued", message: ""});
        }
        this.steps = [];
        this.state.undoable = 0;
        this.state.visit = null;
        this.state.lastKey = null;
        signal("ok");
        return this.sender.send();
    }

    /** What may be confirmed: known items, and codes that the server has not seen yet. */
    get drafts() {
        return this.state.scans.filter(
            (scan) =>
                scan.state === "draft" &&
                (scan.product_id || scan.pack_id || scan.read?.offline),
        );
    }

    recorded(scan, warnings) {
        this.state.problem = "";
        if (scan.reverses) {
            scan = {...scan, undone: true};
        }
        this.state.sent = [{...scan, warnings}, ...this.state.sent].slice(
            0,
            SENT_SHOWN,
        );
        this.state.scans = this.device.scans();
    }

    mend() {
        this.state.scans = this.device.scans();
        signal("danger");
    }

    // ---- The device -----------------------------------------------------------------

    put(scan) {
        try {
            this.device.keep(scan);
        } catch {
            this.state.problem = _t(
                "This device is full: the last scan is not kept. Send the scans that " +
                    "wait, or free some space, and scan it again.",
            );
            return signal("danger");
        }
        this.state.scans = this.device.scans();
        this.state.undoable = this.steps.length;
    }

    drop(key) {
        this.device.forget(key);
        this.state.scans = this.device.scans();
        this.state.undoable = this.steps.length;
    }
}
