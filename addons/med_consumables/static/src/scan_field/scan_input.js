import {Component, onMounted, useRef, useState} from "@odoo/owl";
import {
    BarcodeVideoScanner,
    isBarcodeScannerSupported,
} from "@web/core/barcode/barcode_video_scanner";
import {_t} from "@web/core/l10n/translation";
import {isMobileOS} from "@web/core/browser/feature_detection";
import {useBus, useService} from "@web/core/utils/hooks";

/** FNC1: it ends lots and serial numbers in a GS1 barcode. */
const FNC1 = "\x1d";
const BETWEEN_CAMERA_SCANS = 1500;

/**
 * One place to scan: hand scanner, camera or keyboard.
 *
 * Calls ``onScan(code)`` once per code and in order: the next waits for the promise of
 * the one before, so that a fast hand loses nothing.
 */
export class ScanInput extends Component {
    static template = "med_consumables.ScanInput";
    static components = {BarcodeVideoScanner};
    static props = {
        onScan: Function,
        placeholder: {type: String, optional: true},
        disabled: {type: Boolean, optional: true},
        id: {type: String, optional: true},
    };

    setup() {
        this.notification = useService("notification");
        this.input = useRef("input");
        this.state = useState({camera: false, waiting: 0});
        this.queue = Promise.resolve();
        this.hasCamera = isBarcodeScannerSupported();
        useBus(useService("barcode").bus, "barcode_scanned", (event) =>
            this.scan(event.detail.barcode),
        );
        // On a phone the focus would bring up the keyboard over half the screen.
        onMounted(() => isMobileOS() || this.input.el.focus());
    }

    get placeholder() {
        return this.props.placeholder || _t("Scan or type a code");
    }

    scan(code) {
        if (!code.trim() || this.props.disabled) {
            return;
        }
        this.state.waiting++;
        const turn = this.queue.then(() => this.props.onScan(code));
        // What went wrong is shown as any other error; the next code gets its turn.
        this.queue = turn.catch(() => {}).then(() => this.state.waiting--);
        return turn;
    }

    onKeydown(event) {
        if (event.key === "Enter") {
            event.preventDefault();
            event.stopPropagation();
            this.take();
        } else if (event.ctrlKey && event.key === "]") {
            // What a hand scanner types for FNC1: no browser puts it into a field.
            event.preventDefault();
            this.input.el.setRangeText(FNC1, ...this.selection, "end");
        }
    }

    get selection() {
        return [this.input.el.selectionStart, this.input.el.selectionEnd];
    }

    take() {
        const code = this.input.el.value;
        this.input.el.value = "";
        this.scan(code);
    }

    toggleCamera() {
        this.state.camera = !this.state.camera;
    }

    onCameraResult(code) {
        window.navigator.vibrate?.(80);
        this.scan(code);
    }

    onCameraError(error) {
        this.state.camera = false;
        this.notification.add(error.message, {type: "warning"});
    }

    get cameraProps() {
        return {
            facingMode: "environment",
            delayBetweenScan: BETWEEN_CAMERA_SCANS,
            onResult: this.onCameraResult.bind(this),
            onError: this.onCameraError.bind(this),
        };
    }
}
