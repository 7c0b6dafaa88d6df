/**
 * What a code says without the server: the shelf that the device took along, and the
 * plain GS1 elements of item, lot, serial and expiry. What is not certain here stays
 * unknown; the server reads the raw code when it is reached.
 */

const SYMBOLOGY = /^\](?:C1|e0|d2|Q3|J1)/;
const GS = "\x1d";
const FIXED = {"01": 14, 11: 6, 13: 6, 15: 6, 17: 6, 20: 2};
const VARIABLE = {10: 20, 21: 20, 30: 8, 37: 8, 240: 30};

/** The elements of a GS1 string, ``{"01": ..., "17": ...}``; null if it is none. */
export function gs1Elements(code) {
    let text = code.trim().replace(SYMBOLOGY, "");
    if (/^\(\d{2,4}\)/.test(text)) {
        const found = {};
        for (const [, name, value] of text.matchAll(/\((\d{2,4})\)([^(]*)/g)) {
            found[name] = value;
        }
        return found;
    }
    const isGs1 = /^01\d{14}/.test(text) || (text.includes(GS) && /^\d{2}/.test(text));
    if (!isGs1) {
        return null;
    }
    const found = {};
    while (text) {
        if (text[0] === GS) {
            text = text.slice(1);
            continue;
        }
        const name = [2, 3]
            .map((n) => text.slice(0, n))
            .find((n) => FIXED[n] || VARIABLE[n]);
        if (!name) {
            return null;
        }
        text = text.slice(name.length);
        const end = FIXED[name] || Math.min(ending(text), VARIABLE[name]);
        found[name] = text.slice(0, end);
        text = text.slice(end);
    }
    return found;
}

function ending(text) {
    const at = text.indexOf(GS);
    return at < 0 ? text.length : at;
}

/** ``YYMMDD`` as ``YYYY-MM-DD``; day 00 is the last of the month. */
export function gs1Day(text, today = new Date()) {
    if (!/^\d{6}$/.test(text || "")) {
        return "";
    }
    const year = Number(text.slice(0, 2));
    const month = Number(text.slice(2, 4));
    let full = Math.floor(today.getFullYear() / 100) * 100 + year;
    const ahead = year - (today.getFullYear() % 100);
    full += ahead >= 51 ? -100 : ahead <= -50 ? 100 : 0;
    const day = Number(text.slice(4)) || new Date(full, month, 0).getDate();
    const pad = (number) => String(number).padStart(2, "0");
    return `${full}-${pad(month)}-${pad(day)}`;
}

/**
 * What the shelf knows of a code, in the form of the server's answer, always marked
 * ``offline``. Its warnings are codes, for the screen to word.
 */
export function readFromShelf(code, shelf, today = new Date()) {
    const elements = gs1Elements(code);
    const di = elements ? elements["01"] || "" : code.trim();
    const match = findCode(shelf, di);
    const said = elements ? production(elements, today) : NOTHING;
    const answer = {
        ...said,
        kind: "unknown",
        offline: true,
        code,
        di,
        flags: [],
        warnings: [],
    };
    if (!match) {
        return answer;
    }
    const {product_id, name, unit, picture, traced, lots} = match.item;
    Object.assign(answer, {kind: "item", product_id, name, unit, picture, traced});
    answer.quantity = match.units * (said.count || 1);
    return withFlags(answer, lots, today);
}

const NOTHING = {lot_name: "", batch: "", serial: "", expiry: "", count: 0};

function production(elements, today) {
    return {
        lot_name: elements["10"] || elements["21"] || "",
        batch: elements["10"] || "",
        serial: elements["21"] || "",
        expiry: gs1Day(elements["17"], today),
        count: Number(elements["30"]) || 0,
    };
}

function withFlags(answer, lots, today) {
    const lot = lots.find((known) => known.name === answer.lot_name);
    answer.expiry ||= lot ? lot.expiry : "";
    if (answer.expiry && answer.expiry < localDay(today)) {
        answer.flags.push("expired");
    }
    if (lot && lot.held) {
        answer.flags.push("held");
    }
    if (!lot && answer.traced && answer.lot_name) {
        answer.flags.push("unknown_lot");
    }
    return answer;
}

function localDay(moment) {
    const pad = (number) => String(number).padStart(2, "0");
    return `${moment.getFullYear()}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())}`;
}

function findCode(shelf, di) {
    const wanted = new Set([di, /^\d{8,13}$/.test(di) ? di.padStart(14, "0") : di]);
    for (const item of (shelf && shelf.items) || []) {
        for (const [code, units] of item.codes) {
            const known = /^\d{8,13}$/.test(code) ? code.padStart(14, "0") : code;
            if (di && (wanted.has(code) || wanted.has(known))) {
                return {item, units};
            }
        }
    }
    return null;
}
