import {_t} from "@web/core/l10n/translation";
import {ConnectionLostError} from "@web/core/network/rpc";
import {readFromShelf} from "./shelf_reader";

const PATIENCE = 8000; // milliseconds; then the device helps itself

/** Understands codes: by the server where it is reached, else by the shelf kept here. */
export class CodeReader {
    constructor(device, orm, reached) {
        Object.assign(this, {device, orm, reached});
    }

    async read(code, departmentId, first) {
        let read;
        try {
            read = await this.ask("read_code", [code, departmentId, first]);
        } catch (error) {
            return {kind: "unknown", code, error: error.data?.message || error.message};
        }
        if (read) {
            return {code, ...read};
        }
        const shelf = this.device.read(`shelf/${departmentId}`);
        const offline = readFromShelf(code, shelf);
        return {
            ...offline,
            warnings: offline.flags.map((flag) => warning(flag)),
            label: offline.product_id
                ? ""
                : _t("Not known without a connection; the server will read it."),
        };
    }

    /** The answer of the server; null where it is not reached in time. */
    async ask(method, values) {
        try {
            const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, null));
            const asked = this.orm.silent.call("med.point.of.use", method, values);
            const answer = await Promise.race([asked, late]);
            this.reached(answer !== null);
            return answer;
        } catch (error) {
            if (error instanceof ConnectionLostError) {
                this.reached(false);
                return null;
            }
            throw error;
        }
    }

    /** Keep the department's shelf here, for the time without a connection. */
    async takeAlong(departmentId) {
        try {
            const shelf = await this.ask("take_along", [departmentId]);
            if (shelf) {
                this.device.write(`shelf/${departmentId}`, shelf);
            }
        } catch {
            return; // the shelf kept before still serves
        }
    }
}

function warning(flag) {
    return {
        expired: _t("Expired. Do not use it; if it was used, record it all the same."),
        held: _t("On hold. Do not use it; if it was used, record it all the same."),
        unknown_lot: _t("This lot is not known on this shelf."),
    }[flag];
}
