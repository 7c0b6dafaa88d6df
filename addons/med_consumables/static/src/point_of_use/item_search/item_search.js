import {Component, useRef, useState} from "@odoo/owl";
import {useDebounced} from "@web/core/utils/timing";

/** One Chinese character says as much as two letters. */
function isEnough(term) {
    return term.length > 1 || /[^ -~]/.test(term);
}

/**
 * Type a name, pinyin or code. A hand scanner that types into the field ends with
 * Enter: that is a scan.
 */
export class ItemSearch extends Component {
    static template = "med_consumables.ItemSearch";
    static props = {
        find: Function,
        onChosen: Function,
        onCode: Function,
        placeholder: String,
    };

    setup() {
        this.state = useState({term: "", items: [], at: -1});
        this.field = useRef("field");
        this.search = useDebounced(() => this.suggest(), 250);
    }

    focus() {
        this.field.el.focus();
    }

    async suggest() {
        const term = this.state.term.trim();
        const items = isEnough(term) ? await this.props.find(term) : [];
        if (term === this.state.term.trim()) {
            this.state.items = items;
            this.state.at = -1;
        }
    }

    onKeydown(event) {
        const {items, at, term} = this.state;
        if (event.key === "Enter") {
            event.preventDefault();
            if (items[at]) {
                this.choose(items[at]);
            } else if (term.trim()) {
                this.clear();
                this.props.onCode(term);
            }
        } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            const step = event.key === "ArrowDown" ? 1 : -1;
            this.state.at = Math.max(-1, Math.min(items.length - 1, at + step));
        } else if (event.key === "Escape") {
            this.clear();
        }
    }

    choose(item) {
        this.clear();
        this.field.el.blur(); // the next scan goes to the screen, not to the field
        this.props.onChosen(item);
    }

    clear() {
        Object.assign(this.state, {term: "", items: [], at: -1});
    }
}
