/* The page's heading stands for the page: there is one of it, so what is tended once starts here. */
import { tendWordFields } from "./wordfields.js";

export function mount() {
  tendWordFields();
}
