import {playScanSound} from "../scan_field/scan_sounds";

const SHAKES = {ok: 40, warning: [80, 60, 80], danger: [250, 80, 250]};

/** What a nurse hears and feels without looking: understood, look, stop. */
export function signal(level) {
    navigator.vibrate?.(SHAKES[level]);
    playScanSound(level === "danger" ? "error" : level);
}
