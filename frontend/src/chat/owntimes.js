/* A meeting's card is the same for everybody and names each zone; here stands first when it is for the reader. */
import { clock, dayWords } from "./times.js";

export class OwnTimes {
  inserted(items) {
    for (const item of items) for (const place of item.querySelectorAll("[data-own-times]")) this.#show(place);
  }

  #show(place) {
    const { starts, ends } = place.dataset;
    place.textContent = `${dayWords(starts)}, ${clock(starts)} to ${clock(ends)} your time`;
    place.hidden = false;
  }
}
