"""Writes of moderation, by subject.

`visibility` hides, restores and keeps what people wrote; `dispositions` decides and promotes proposals and takes decisions back;
`screening` looks texts through by the process's rules; `together` decides several with one reason and says who takes care of which;
`taking_up` lets actions rest on findings and meeting notes;
`undo` gives a decision back within ten seconds; `answering` tells everyone else whose words became something;
`telling` tells author, supporters and followers, once for each disposition.
"""
