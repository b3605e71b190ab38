/*
 * What happens to the signed-in person, on this page and on every other one of theirs: each event
 * of their own stream is dispatched under its name, its frame as the detail.
 */
import { tellDue } from "./due.js";

export class OwnEvents extends EventTarget {
  constructor(socket, me) {
    super();
    socket.follow(`user:${me}`, null, (frame) => {
      this.dispatchEvent(new CustomEvent(frame.name, { detail: frame }));
    });
    tellDue(this);
  }
}
