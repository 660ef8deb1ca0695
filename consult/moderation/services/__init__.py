"""Writes of moderation, by subject.

`visibility` hides, restores and keeps what people wrote; `dispositions` decides and promotes proposals and takes decisions back;
`preparing` keeps dispositions for later and publishes many together; `screening` looks texts through by the process's rules;
`together` decides several with one reason and says who takes care of which; `taking_up` lets actions rest on findings and notes;
`undo` gives a decision back within ten seconds; `appeals` lets authors ask another moderator, `second_reading` has a sample read
again, `drawing` draws it; `telling` tells author, supporters and followers, once for each disposition,
`answering` everyone else whose words became something. `evaluating` asks evaluators and `offices` about
proposals, `reminding` tells them, `notes` are theirs and the moderators' alone; `own_data` export and erasure.
"""

from consult.moderation.services.own_data import PERSONAL_DATA

__all__ = ["PERSONAL_DATA"]
