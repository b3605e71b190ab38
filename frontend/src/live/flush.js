/* Messages left over from a room's page are sent from whatever page comes next. */
import { Outbox } from "./outbox.js";

/** Send over the page's socket what `owner` wrote and could not send. */
export async function flush(socket, owner) {
  if (await Outbox.holdsSomething(owner)) new Outbox(socket, owner);
}
