import {ConnectionLostError} from "@web/core/network/rpc";
import {toSend} from "./scan";

const PARCEL = 50;

/**
 * Sends what is queued on the device, again and again until the server has it. The
 * server counts a key once, so a parcel whose answer was lost may go again.
 *
 * ``on.recorded(scan)``, ``on.mend(scan)``, ``on.reached(boolean)`` and
 * ``on.refused(message)`` tell the screen.
 */
export class ScanSender {
    constructor(device, orm, on) {
        Object.assign(this, {device, orm, on, busy: false, again: false});
    }

    async send() {
        this.again = this.busy;
        if (this.busy) {
            return;
        }
        this.busy = true;
        try {
            while (await this.sendParcel()) {
                continue;
            }
        } finally {
            this.busy = false;
        }
        if (this.again) {
            await this.send();
        }
    }

    /** Whether there may be more to send. */
    async sendParcel() {
        const queued = this.device.scans().filter((scan) => scan.state === "queued");
        const parcel = queued.slice(0, PARCEL);
        if (!parcel.length) {
            return false;
        }
        for (const scan of parcel) {
            // From here on the server may have it, whatever we hear: see ``undo``.
            this.device.keep({...scan, tried: true});
        }
        let answers;
        try {
            answers = await this.orm.silent.call("med.point.of.use", "record", [
                parcel.map(toSend),
                new Date().toISOString(),
            ]);
        } catch (error) {
            this.failed(error);
            return false;
        }
        this.on.reached(true);
        answers.forEach((answer, at) => this.answered(parcel[at], answer));
        return true;
    }

    answered(scan, answer) {
        if (answer.status === "recorded") {
            this.device.forget(scan.key);
            this.on.recorded({...scan, state: "sent"}, answer.warnings);
            return;
        }
        const back = {...scan, state: "mend", level: "danger", message: answer.message};
        this.device.keep(back);
        this.on.mend(back);
    }

    failed(error) {
        const lost = error instanceof ConnectionLostError;
        this.on.reached(!lost);
        if (!lost) {
            this.on.refused(error.data?.message || error.message);
        }
    }
}
