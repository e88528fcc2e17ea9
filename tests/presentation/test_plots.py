from leukgan.presentation.plots import Line, line_panels


def test_the_title_of_a_panel_has_no_name_of_a_file():
    line = Line(x=[0, 1], y=[0.0, 1.0], number=0, label="a")
    with line_panels({"VGG16, own weights (a_file.pth)": [line], "SVM": [line]}, x_label="x") as (_, grid):
        assert [axes.get_title(loc="left") for axes in grid] == ["VGG16, own weights", "SVM"]
