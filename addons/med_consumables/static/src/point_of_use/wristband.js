/** Whether a code is a wristband: GS1's 8018, or as the hospital's numbers begin. */
export function isWristband(code, prefixes = []) {
    const [text] = code.trim().split("\x1d");
    return (
        /^(?:\][A-Za-z]\d)?\(?8018\)?\d{18}(?:\(|8019|$)/.test(text) ||
        prefixes.some((prefix) => text.startsWith(prefix) && text !== prefix)
    );
}
