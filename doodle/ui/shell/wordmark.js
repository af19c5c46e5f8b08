/* The page's heading stands for the page: there is one of it, so what is tended once starts here. */
import { tendAddress } from "./address.js";
import { tendWordFields } from "./wordfields.js";

export function mount() {
  tendAddress();
  tendWordFields();
}
