"""Numbers that the paper states, to be drawn beside ours."""

#: "in the illustrated IN1 the high frequency components gradually built up (until presentation #10,
#: approximately)": Results, on Figure 4C.
BUILD_UP_UNTIL = 10

#: "and then faded away (after presentation #20, approximately)": the same sentence.
FADES_AFTER = 20
