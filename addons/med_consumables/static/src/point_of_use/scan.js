/**
 * One scan as the device keeps it. Its states:
 *
 *     draft ──> queued ──> (recorded: gone from the device)
 *       ▲          │
 *       └── mend <─┘   the server could not understand it; a person looks at it
 *
 * ``quantity`` is in the item's unit once the item is known, in packs before that.
 */

/** A key of its own: however often a scan is sent, it counts once. */
export function newKey(source = globalThis.crypto) {
    if (source.randomUUID) {
        return source.randomUUID();
    }
    const bytes = source.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const KNOWN = {
    product_id: false,
    piece_id: false,
    pack_id: false,
    name: "",
    unit: "",
    picture: "",
    traced: false,
    lot_name: "",
    serial: "",
    expiry: "",
    warnings: [],
};

/** What was understood of a code, as far as a scan keeps it. */
export function understood(read) {
    const scan = {level: levelOf(read), message: messageOf(read), read};
    for (const [name, nothing] of Object.entries(KNOWN)) {
        scan[name] = read[name] || nothing;
    }
    scan.quantity = (read.product_id && read.quantity) || 1;
    if (read.pack_id || read.piece_id) {
        scan.name = read.label || scan.name;
    }
    return scan;
}

function messageOf(read) {
    const isSaid = read.product_id || read.pack_id || (read.warnings || []).length;
    return isSaid ? "" : read.error || read.label || "";
}

/** Flags of what nobody should use, or not here. */
const ALARMING = [
    "expired",
    "held",
    "recalled",
    "used",
    "pack_state",
    "wrong_department",
];

/** How loud the screen must be: ok, warning or danger. */
export function levelOf(read) {
    const flags = read.flags || [];
    if (!read.product_id && !read.pack_id) {
        return read.offline ? "warning" : "danger";
    }
    if (flags.some((flag) => ALARMING.includes(flag))) {
        return "danger";
    }
    return (read.warnings || []).length ? "warning" : "ok";
}

/** Whether it is one thing of its own: a serial number, a labelled piece, a pack. */
export function isSingle(scan) {
    return Boolean(scan.serial || scan.piece_id || scan.pack_id);
}

/** Whether two scans are of the very same thing. */
export function isSameThing(scan, other) {
    return (
        isSingle(scan) &&
        ["product_id", "serial", "piece_id", "pack_id"].every(
            (name) => (scan[name] || false) === (other[name] || false),
        )
    );
}

/** Whether a second scan of the same thing adds to the first. */
export function isSame(scan, other) {
    return (
        scan.state === "draft" &&
        Boolean(scan.product_id) &&
        !isSingle(scan) &&
        [
            "product_id",
            "lot_name",
            "kind",
            "department_id",
            "token",
            "visit_code",
        ].every((name) => (scan[name] || false) === (other[name] || false))
    );
}

/** What the server is told of a scan: no names, no pictures, nobody's bed. */
export function toSend(scan) {
    return {
        key: scan.key,
        department_id: scan.department_id,
        kind: scan.kind,
        product_id: scan.product_id || false,
        piece_id: scan.piece_id || false,
        pack_id: scan.pack_id || false,
        lot_name: scan.lot_name || "",
        serial: scan.serial || "",
        quantity: scan.quantity,
        code: scan.code || "",
        first_code: scan.first_code || "",
        scanned_at: scan.scanned_at,
        token: scan.token || "",
        visit_code: scan.visit_code || "",
        reverses: scan.reverses || "",
    };
}

/**
 * A hand scanner types FNC1 as Ctrl+], which arrives as "]". In a GS1 code it ends a
 * value; at the beginning it is the symbology.
 */
export function withFnc1(code) {
    const text = code.trim();
    return /^(\](C1|e0|d2|Q3|J1))?01\d{14}/.test(text)
        ? text[0] + text.slice(1).replaceAll("]", "\x1d")
        : text;
}
