/**
 * What this device keeps for one person of one database: scans that are not sent yet,
 * shelves to recognise codes by, the department. Each scan has an entry of its own, so
 * that two tabs never overwrite each other's.
 */
export class Device {
    constructor(storage, database, userId) {
        this.storage = storage;
        this.root = `med.point_of_use/${database}/`;
        this.prefix = `${this.root}${userId}/`;
    }

    /** Scans in the order in which they were made. */
    scans() {
        const found = [];
        for (const name of this.names(`${this.prefix}scan/`)) {
            const scan = this.parsed(name);
            if (scan) {
                found.push(scan);
            }
        }
        return found.sort((a, b) => (a.order < b.order ? -1 : 1));
    }

    /** Throws where the device is full: a scan that is not kept must not look kept. */
    keep(scan) {
        this.storage.setItem(`${this.prefix}scan/${scan.key}`, JSON.stringify(scan));
    }

    forget(key) {
        this.storage.removeItem(`${this.prefix}scan/${key}`);
    }

    /** How many scans of other people wait here until they log in again. */
    scansOfOthers() {
        return this.names(this.root).filter(
            (name) => name.includes("/scan/") && !name.startsWith(this.prefix),
        ).length;
    }

    read(name) {
        return this.parsed(this.prefix + name);
    }

    /** For what can be asked again: a full device is no error. */
    write(name, value) {
        try {
            this.storage.setItem(this.prefix + name, JSON.stringify(value));
            return true;
        } catch {
            return false;
        }
    }

    parsed(name) {
        try {
            return JSON.parse(this.storage.getItem(name));
        } catch {
            return null;
        }
    }

    names(prefix) {
        const names = [];
        for (let at = 0; at < this.storage.length; at++) {
            const name = this.storage.key(at);
            if (name.startsWith(prefix)) {
                names.push(name);
            }
        }
        return names;
    }
}
