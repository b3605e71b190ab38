/* What is live of the signed-in person, the same on every page: a page adds what it shows itself. */
import { Arrivals } from "./arrivals.js";
import { News } from "./news.js";
import { OwnEvents } from "./own.js";
import { tellPresence } from "./presence.js";
import { Watch } from "./watch.js";

/** Over the page's one socket; answers the person's own events. */
export function joinIn(socket, me) {
  const own = new OwnEvents(socket, me);
  tellPresence(socket);
  new Watch(socket);
  new News(socket, own, new Arrivals(own, me), me);
  return own;
}
